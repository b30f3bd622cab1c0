package locale

// seats is why a node does not take its regulator's seat, and who has to have the key.
func seats() []said {
	return []said{
		{"problem.idle_seat", "本节点虽持有监管机构 {0} 的表决密钥，却未参与法定数"},
		{"seat.no_log", "缺少账本密钥：请在持有该密钥的监管机构节点上执行 ringfence keys export-log，在本节点执行 ringfence keys import-log，然后重新启动本节点"},
		{"seat.other_log", "其 log 密钥属于另一账本：请移走 keys/log.*，用 ringfence keys import-log 取得本账本的密钥，然后重新启动本节点"},
		{"seat.other_host", "该成员以节点密钥为 {0} 的节点履行监管职责，即其名片上列名最久的节点：请把表决密钥和联署密钥移到该节点；或提出 change_member 议案，先不列该节点，之后再另行提出以加回"},
		{"seat.no_host", "章程未列出该成员的任何节点：请提出 change_member 议案，列入本节点"},
		{"seat.no_key", "缺少联署密钥或节点密钥：请放回原处，或以 ringfence keys seat 申请新席位，然后重新启动本节点"},
	}
}
