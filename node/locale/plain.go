package locale

// plainReasons is why files and flags of verbs, and ports, do not do.
func plainReasons() []said {
	return []said{
		{"run.port", "无法监听 {0}：{1}；可能有其他程序占用该端口：请以 --listen 指明其他地址，或 none"},
		{"usage.file_exists", "{0} 已存在，不会被覆盖：请指明其他文件名，或移走该文件"},
		{"keys.not_handed", "{0} 不是 ringfence keys export-log 为本目录生成的文件：请以本目录 ringfence keys show 所示的受众密钥重新生成"},
		{"propose.no_entries", "{0} 中没有条目：每个条目各占一行，位于表头之下，或文档的 items 或 entries 之下；ringfence motion propose --help 有两者的说明"},
		{"propose.until_over", "until：{0} 已过：请指明更晚的日期，最晚 {1}"},
		{"propose.until_far", "until：{0} 超出政策所许可的期限：最晚 {1}"},
	}
}
