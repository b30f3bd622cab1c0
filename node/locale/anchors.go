package locale

// anchorWords is what the command line writes about anchors.
func anchorWords() []message {
	return []message{
		{"cli.anchor.size", "at ledger size", "账本长度"},
		{"cli.anchor.day", "ledger's day", "账本日期"},
		{"cli.anchor.root", "list root", "名单根"},
		{"cli.anchor.before", "anchored to batch", "已锚定至批次"},
		{"cli.anchor.to", "to batch", "锚定至批次"},
		{"cli.anchor.frozen", "forked above it", "其上已分叉"},
		{"cli.anchor.left", "{0} more feeds moved and have no room in this anchor; the next one takes them", "另有 {0} 条发布链有进展，本锚点已满，由下一个锚点纳入"},
	}
}

// anchorReasons is what is said of anchors.
func anchorReasons() []said {
	return []said{
		{"council.nothing_moved", "据本节点所持，自上一锚点以来各发布链均无进展，名单也未变化：没有可锚定的内容"},
		{"council.no_time", "账本尚无时间：从监管机构的第一次报时开始"},
		{"council.no_anchor", "目前无法计算这些位置的名单：{0}"},
		{"council.by_itself", "锚点不由人工投赞成票：节点得出相同的名单后自行投票；若得出不同的名单，ringfence status 会说明"},
		{"anchor.lacks_ledger", "其账本长度为 {0}，本节点只跟随到 {1}"},
		{"anchor.astray", "在已认证的账本中，没有决定在其所述日期止于第 {0} 条"},
		{"anchor.lacks_issuer", "本节点尚不知道名册中的签发方 {0}"},
		{"anchor.lacks_fork", "其称 {0} 在纪元 {1} 分叉，本节点尚无证据"},
		{"anchor.forked", "本节点可证明 {0} 在纪元 {1} 分叉，而该锚点未予说明"},
		{"anchor.beyond_fork", "{0} 在纪元 {1} 分叉，该纪元冻结于最后锚定之处，而该锚点指明批次 {2}"},
		{"anchor.lacks_feed", "其包含 {1} 在纪元 {2} 的批次 {0}，本节点尚未持有"},
		{"anchor.lacks_batches", "本节点尚未持有其某一位置之前的全部批次"},
		{"problem.anchor_differs", "{0} 提出锚点 {1}（账本长度 {2}），名单根为 {3}，而本节点算得 {4}：本节点不投票；若其他监管机构赞成，则本节点的名单有误：请比较版本并运行 ringfence scrub"},
		{"problem.anchor_lost", "账本中有 {1} 的锚点 {0}（账本长度 {2}），名单根为 {3}，而本节点算得 {4}：法定数量的监管机构得出了与本节点不同的名单；请比较版本、运行 ringfence scrub 并询问其他方"},
	}
}
