package regulators

// memberWords is what the command line writes of members that come and go.
func memberWords() []Message {
	return []Message{
		{"cli.motion.inboxes", "in the inboxes of", "已送达的收件箱"},
		{"cli.motion.subject", "about", "涉及成员"},
		{"cli.leave.cut", "What {0} says from now on counts for nothing once the regulators enact this; what it said before goes on counting", "监管机构通过之后，{0} 自此刻起所说的内容均不计入；此前所说的继续计入"},
		{"cli.request.signatures", "{0} of {1} signatures on the motion {2}", "议案 {2} 所需的 {1} 个签名中已有 {0} 个"},
		{"cli.request.word", "{1} of {1} signatures, as that node says: the motion is enacted, which takes as many; seen here were {0}", "据该节点所述，所需的 {1} 个签名已齐，议案已生效；此处所见为 {0} 个"},
		{"cli.request.signed", "{0} of {1} signatures", "所需的 {1} 个签名中已有 {0} 个"},
		{"cli.joined.runs", "The node that runs in {0} sees it in the ledger: it needs no new start", "在 {0} 运行的节点已在账本中看到：无需重新启动"},
		{"cli.next.joined_running", "A node runs in {0} already and read its files before: stop it, then ringfence run --dir {0}", "{0} 中已有节点在运行，且其文件读于此前：请先停止，再执行 ringfence run --dir {0}"},
		{"cli.request.unknown", "signatures by keys of no regulator known here, which do not count: {0}. If the regulators changed since the genesis, start this node with ringfence run: it follows the ledger and learns who they are", "另有 {0} 个签名的密钥不属于此处已知的任何监管机构，不予计入。如创始之后监管机构有变更，请用 ringfence run 启动本节点：它会跟随账本并得知现任监管机构"},
		{"cli.join.unseen", "That this node is admitted is the word of the node at {0} alone; ringfence run sees it for itself, in the ledger", "“本节点已获准入”仅为 {0} 处节点之言；ringfence run 会自行在账本中核实"},
		{"cli.next.asked", "The regulators are asked to admit this node ({0}); --watch waits for them. If nobody carries the request, hand {1} to a regulator: ringfence admit {1}", "已请求监管机构准入本节点（{0}）；--watch 可等待结果。如无人转交，请将 {1} 交给监管机构：ringfence admit {1}"},
		{"cli.joined.in", "{0} is a member of the federation, and this node is in", "{0} 是本联盟的成员，本节点已加入"},
		{"cli.next.endorsed", "Next: ringfence motion propose --file {0}, on any member’s node", "下一步：在任一成员的节点上执行 ringfence motion propose --file {0}"},
		{"request.unreached", "no regulator could be reached over that node; it is to be asked again", "经该节点未能联系到任何监管机构；请稍后再问"},
		{"request.inbox", "the request waits in the inbox of regulators", "请求已在监管机构的收件箱中等待"},
		{"request.open", "the request is before the regulators", "请求正由监管机构表决"},
		{"request.unproved", "that node says that the request is before the regulators, and shows nothing signed that proves it; ask over another node", "该节点称请求正由监管机构表决，但未出示任何可证明此事的签名；请经其他节点询问"},
		{"request.aside", "the regulators that hold the request have set it aside", "收到请求的监管机构已将其搁置"},
	}
}

// membership is what is told of members that come and go, and of what waits for the
// regulators.
func membership() []Said {
	return []Said{
		{"council.own_aside", "本监管机构已将其永久搁置；其他监管机构仍可投赞成票"},
		{"problem.leaving", "本成员已申请退出：监管机构通过后，申请之后所说的内容均不计入；在此之前可用 ringfence motion withdraw {0} 撤回"},
		{"problem.left", "其成员已退出联盟或被开除，该成员标识及其密钥不再恢复：如要重新加入，须以另一标识、在另一目录中进行（ringfence init）"},
		{"council.not_taken_back", "未能联系到可撤回该议案的监管机构，因此未作任何更改；ringfence peers 显示已连接的节点"},
		{"council.ended_proposer", "提出该议案的密钥已终止，该议案不可能再进入账本：没有可撤回的内容"},
		{"council.aside", "收到该提案的监管机构均已将其搁置，没有任何一家就其表决"},
		{"council.outbox_full", "本节点已有 {0} 个议案等待监管机构；请等待部分得到决定，或撤回一些"},
		{"join.not_carried", "{0} 处的节点不向监管机构转交本节点的请求；请将 {1} 交给成员或监管机构，由其执行 ringfence admit {2}"},
		{"join.refused", "监管机构无法准入本节点"},
		{"endorse.nothing", "{0}：此类变更无需密钥同意，请直接用 ringfence motion propose --file 提出"},
		{"usage.in_already", "{0} 已是本联盟的成员，无需再表决"},
		{"usage.nobody_asks", "没有以 {0} 之名请求准入者；ringfence motion list --mine 列出请求者"},
		{"usage.many_ask", "有多个以不同密钥、以 {0} 之名请求准入者：{1}；请用 ringfence motion show 逐一查看，并按标识或名片准入正确的一个"},
		{"inbox.nobody", "提出方不是现任成员或监管机构（{0}）"},
		{"inbox.expired", "已过期，请重新提出"},
		{"inbox.member_full", "收件箱中该成员的提案已满（{0}）"},
		{"inbox.full", "收件箱已满（{0}）"},
		{"change.admit_member", "准入成员 {0}（{1}），角色：{2|role}，负责人：{3}"},
		{"change.change_member", "变更章程中关于 {0} 的内容：{1}，角色 {2|role}，独立组 {3}，负责人：{4}"},
		{"change.leave", "准许成员 {0} 退出：其已锚定的内容继续计入"},
		{"change.expel", "开除成员 {0}：其断言失效，其撤销的仍为撤销"},
		{"change.admit_issuer", "为 {0} 增加签发密钥 {1}"},
		{"change.rotate", "以 {1} 替换密钥 {0}：已说的内容保留"},
		{"change.end_issuer", "终止密钥 {0}：已锚定的内容继续计入"},
		{"change.expel_issuer", "开除密钥 {0}：其断言失效，其撤销的仍为撤销"},
		{"change.admit_regulator", "使 {0} 成为监管机构，管辖 {1}"},
		{"change.remove_regulator", "取消 {0} 的监管席位，其保留的角色：{1|role}"},
		{"change.rekey_regulator", "为监管机构 {0} 更换表决密钥 {1} 与联署密钥 {2}"},
		{"change.reinstate", "关闭密钥 {0} 的发布链并开启其第 {1} 个世代"},
		{"change.resold", "转售给 {0}"},
		{"change.hosted", "承载方为 {0}"},
		{"change.grant", "授予号段 {0}"},
		{"change.pass_grant", "终止号段的授予并转给：{0}"},
		{"change.end_grant", "终止号段 {0} 的授予：此后无归属"},
	}
}
