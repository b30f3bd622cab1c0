package regulators

// proposals is why something is not put to the regulators.
func proposals() []Said {
	return []Said{
		{"propose.days", "表决期为 {0} 天；最多 {1} 天"},
		{"propose.long_reason", "理由有 {0} 字节；最多 {1} 字节"},
		{"propose.only_numbers", "核准（ratify）针对号码；账本条目用于撤销（revoke）与暂停（stay）"},
		{"propose.nothing", "没有可提出的内容：请指明号码、文件，或能在名单中找到条目的查询"},
		{"propose.no_day", "until：“{0}”不是 2027-01-31 这样的日期"},
		{"propose.only_entries", "{0|motionkind} 针对账本条目或其所涉号码；供核准的内容不应写在其中"},
		{"propose.no_entry", "没有可提出的内容：请指明账本条目的序号，或已有核准条目的号码"},
		{"propose.no_until", "until：{0|motionkind} 议案不含有期限的内容"},
		{"propose.line", "{0} 第 {1} 行"},
		{"propose.item", "第 {0} 项"},
		{"propose.not_ratified", "账本中没有有效的核准条目 {0}；ringfence explain NUMBER 显示号码的条目"},
		{"propose.no_index", "账本有 {0} 条，其中没有 {1}；它也不是号码：{2}"},
		{"propose.none_on", "没有关于 {0} 的有效核准条目"},
		{"propose.too_many", "查询找到的条目超过 {0} 条；请缩小范围"},
		{"propose.none_found", "名单中没有符合“{0}”的条目"},
		{"council.count", "count：{0} 条；应为 1 至 {1}"},
	}
}
