package locale

// keyringWords is what the verbs of keys show.
func keyringWords() []message {
	return []message{
		{"cli.keys.written", "{0} is written. Hand it to a regulator, who puts it to the others: ringfence motion propose --file {0}", "已写入 {0}。请交给一家监管机构，由其提交：ringfence motion propose --file {0}"},
		{"cli.keys.next", "The new {0} key is {1}; it waits in the data directory, and the node takes it up once the ledger has it", "新的 {0} 密钥为 {1}，在数据目录中等待，账本列入后由节点启用"},
		{"cli.keys.restart", "A regulator takes up new keys when its node starts: start it anew once the motion is enacted", "监管机构的节点在启动时启用新密钥：议案生效后请重新启动"},
		{"cli.keys.seat", "The seat's keys are in the data directory, cosigning key {0}. Start this node anew before anybody votes: the regulators wait until it follows what they do", "席位密钥已在数据目录中，联署密钥为 {0}。请在表决前重新启动本节点：各监管机构须等它跟上"},
		{"cli.keys.exported", "{0} holds the ledger's key, sealed to that audience key alone. Whoever receives it runs ringfence keys import-log {0}", "{0} 含账本密钥，仅能以该受众密钥打开。接收方执行 ringfence keys import-log {0}"},
		{"cli.keys.imported", "The ledger's key {0} is in the data directory; a regulator's node uses it from its next start on", "账本密钥 {0} 已存入数据目录。监管机构的节点从下次启动起使用"},
	}
}

// keyringReasons is why motions about keys cannot be made.
func keyringReasons() []said {
	return []said{
		{"council.no_member", "{0} 不是本联盟的成员"},
		{"council.no_issuer", "章程中没有密钥为 {0} 的有效签发方"},
		{"keys.asked", "议案 {0} 已为在此等待的密钥提出请求：ringfence motion show {1} --watch 查看进展，ringfence motion withdraw {2} 撤回"},
		{"keys.no_recovery", "{0} 中没有恢复密钥：请用 --recovery 指明存有它的密钥目录"},
		{"keys.recovery_unlocks", "--recovery-key-file 用于打开其所指明的密钥目录"},
		{"keys.no_log", "{0} 中没有账本密钥，缺少它监管机构的节点无法参与：请由一家监管机构封装 (ringfence keys export-log --to CARD --out FILE)，再导入 (ringfence keys import-log FILE)"},
		{"council.no_batch", "此处没有该发布链纪元 {1} 的批次 {0}"},
	}
}
