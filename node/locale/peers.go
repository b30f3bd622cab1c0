package locale

// peerWords is what is said of the other nodes of a federation.
func peerWords() []message {
	return []message{
		{"cli.addresses", "reached at", "可达地址"},
		{"cli.agreement", "same list", "名单一致"},
		{"cli.ahead", "ahead", "领先批次"},
		{"cli.behind", "behind", "落后批次"},
		{"cli.clock", "clock", "时钟"},
		{"cli.peers", "other nodes", "其他节点"},
		{"cli.since", "since", "连接自"},
		{"cli.address", "address", "地址"},
		{"cli.peer_score", "score", "评分"},
		{"cli.traffic", "in / out", "接收 / 发送"},
		{"cli.forks", "forks", "分叉"},
		{"cli.first_header", "one header", "批次头之一"},
		{"cli.second_header", "the other", "批次头之二"},
		{"cli.suspended", "suspended", "暂停声明"},
		{"cli.connected_of", "{0} of {1} connected", "已连接 {0}/{1}"},
		{"cli.agreeing_of", "in agreement with {0} of {1}", "与 {1} 个节点中的 {0} 个一致"},
		{"cli.agreement_none", "nobody to compare with", "无可比较的节点"},
		{"cli.met_nobody", "it has met none of them yet", "尚未遇到任何节点"},
		{"cli.catching_up", "catching up: {0} of {1} batches", "正在追赶：{0}/{1} 个批次"},
		{"cli.waiting_batches", "{0} batches of {1} feeds wait for their time", "{1} 个发布链的 {0} 个批次在等待到时"},
		{"cli.unheard", "STALE: for {0} s no peer has told all that it holds", "可能过期：已有 {0} 秒没有节点完整告知其所持内容"},
		{"cli.clock_behind", "{0} s behind the others", "落后其他节点 {0} 秒"},
		{"cli.clock_ahead", "{0} s ahead of the others", "超前其他节点 {0} 秒"},
		{"cli.no_peers", "The charter names no other node", "章程未列出其他节点"},
		{"agreement.yes", "yes", "是"},
		{"agreement.no", "NO: made of the same", "否：来源相同"},
		{"agreement.other_inputs", "not yet", "尚未"},
		{"agreement.other_day", "other day", "日期不同"},
		{"agreement.unknown", "unknown", "未知"},
	}
}
