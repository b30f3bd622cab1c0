package locale

// eraseWords is what is told of openings that are erased.
func eraseWords() []message {
	return []message{
		{"cli.erase.entry", "ledger entry", "账本条目"},
		{"cli.erase.motion", "motion", "议案"},
		{"cli.erase.openings", "openings", "原文"},
		{"cli.erase.more", "… and {0} more motions", "……另有 {0} 项议案"},
		{"cli.erase.tick", "newest tick", "最新报时"},
		{"cli.erase.dead_by", "due: dead by", "到期：失效不晚于"},
		{"cli.erase.alive", "openings that must stay", "必须保留的原文"},
		{"cli.erase.waiting", "openings dead for less than 7 days", "失效未满 7 日的原文"},
		{"cli.erase.judging", "openings that a regulator keeps to judge what it replays", "监管机构为重新判定所重放的命令而保留的原文"},
		{"cli.erase.before", "openings erased before", "先前已清除的原文"},
		{"cli.erase.nothing", "No opening is due: nothing is erased", "没有到期的原文：未清除任何内容"},
		{"cli.erase.would", "Openings that would be erased: {0}, of motions: {1}. Nothing is changed", "将清除的原文：{0} 条，涉及议案 {1} 项。未作任何更改"},
		{"cli.erase.done", "Openings erased: {0}, of motions: {1}", "已清除原文：{0} 条，涉及议案 {1} 项"},
	}
}

// eraseReasons is why nothing can be erased.
func eraseReasons() []said {
	return []said{
		{"erase.node_runs", "节点正在 {0} 运行：请先停止节点，再清除其所存的内容"},
		{"erase.no_store", "{0} 中尚无存储：没有节点在此运行过，没有可清除的内容"},
		{"erase.unsound", "未清除任何内容，因为此处所存的账本不可信（{0}）：请运行 ringfence audit，其会指明问题与处理办法"},
	}
}
