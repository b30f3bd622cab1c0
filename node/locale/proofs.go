package locale

// proofWords is what is said of a proof that was checked.
func proofWords() []message {
	return []message{
		{"cli.proof.no", "NOT PROVED: {0}", "未获证明：{0}"},
		{"cli.proof.ratified", "Proved: the regulators ratified {0}: {1}", "已证明：监管机构核准了 {0}：{1}"},
		{"cli.proof.revoked", "Proved: the regulators revoked ledger entry {0}", "已证明：监管机构撤销了账本条目 {0}"},
		{"cli.proof.stayed", "Proved: a regulator suspended ledger entry {0} for a day", "已证明：一家监管机构将账本条目 {0} 暂停一天"},
		{"cli.proof.listed", "Proved: {0} was on the list: {1} (anchor at ledger size {2}, day {3})", "已证明：{0} 当时在名单上：{1}（锚点：账本长度 {2}，日期 {3}）"},
		{"cli.proof.absent", "Proved: neither {0} nor any range around it was on the list (anchor at ledger size {1}, day {2})", "已证明：{0} 及包含它的任何号段当时均不在名单上（锚点：账本长度 {1}，日期 {2}）"},
		{"cli.proof.regulators", "Proved: who the regulators were; changes since the genesis: {0}", "已证明：历任监管机构；共变更 {0} 次"},
		{"cli.proof.entry", "ledger entry", "账本条目"},
		{"cli.proof.proposed", "proposed", "提出时间"},
		{"cli.proof.held", "in the ledger by", "至迟入账时间"},
		{"cli.proof.until", "until", "有效至"},
		{"cli.proof.no_end", "until it is revoked", "直至撤销"},
		{"cli.proof.voted", "voted for by", "投赞成票"},
		{"cli.proof.ledger_size", "ledger size", "账本长度"},
		{"cli.proof.certified", "certified by", "认证方"},
		{"cli.proof.cosigned", "{0} ({1} of {2} suffice)", "{0}（{2} 方中须有 {1} 方）"},
		{"cli.proof.as_of", "as of", "截至"},
		{"cli.proof.age", "{0} ({1} before)", "{0}（此前 {1}）"},
		{"cli.span.seconds", "{0} s", "{0} 秒"},
		{"cli.span.minutes", "{0} min", "{0} 分钟"},
		{"cli.span.hours", "{0} h {1} min", "{0} 小时 {1} 分钟"},
		{"cli.span.days", "{0} days {1} h", "{0} 天 {1} 小时"},
		{"cli.proof.ahead", "{0}, which is LATER than the time asked about", "{0}，晚于所询时间"},
		{"cli.proof.list_root", "list root", "名单根"},
		{"cli.proof.era", "from ledger size {0}: {1}", "自账本长度 {0} 起：{1}"},
		{"cli.proof.not_in_force", "NOT in force at {0}", "在 {0} 并未生效"},
		{"cli.proof.since", "It may have been revoked or stayed since it was ratified, also before the checkpoint; this file cannot tell. Ask a node (ringfence explain {0}), or for a proof of what the list says now", "核准之后可能已被撤销或暂停，即使在该检查点之前；本文件无从得知。请询问节点（ringfence explain {0}），或索取当前名单的证明"},
		{"cli.proof.list_since", "The list may have changed since. Ask a node (ringfence lookup {0}), or for a proof at a newer anchor", "名单此后可能已变。请询问节点（ringfence lookup {0}），或索取较新锚点的证明"},
		{"cli.proof.by_range", "The entry is of the range {0}; a protected number in it is not reached", "该条目针对号段 {0}；其中受保护的号码不受影响"},
		{"cli.proof.trust_genesis", "Taken for granted: the regulators of the genesis were still in office. Where they may have changed, name a set-chain file (--sets) and a checkpoint that you trust (--pin)", "前提：创始章程所列监管机构当时仍在任。若可能已变更，请指明监管机构变更链文件（--sets）及可信的检查点（--pin）"},
		{"cli.proof.trust_chain", "Changes of the regulators that were followed from the genesis: {0}. Keys that were replaced could have made such a chain: pin a checkpoint that a release or two members told you (--pin)", "监管机构自创始起经 {0} 次变更核对。已更换的密钥也可能伪造这样的链：请固定由发行版或两个成员告知的检查点（--pin）"},
		{"cli.proof.trust_pinned", "Changes of the regulators that were followed from the genesis to the pinned checkpoint of ledger size {1}: {0}", "监管机构自创始起经 {0} 次变更核对，直至所固定的账本长度 {1} 的检查点"},
		{"cli.proof.trust_beyond", "Taken for granted: no regulator came, went or changed its keys between ledger size {0}, up to which that is known, and {1}, the checkpoint of this proof; it cannot be seen here. Where that may have happened, name a newer set-chain file (--sets) and a newer checkpoint (--pin)", "前提：自账本长度 {0}（此处所知仅至于此）至 {1}（本证明的检查点），监管机构未有加入、退出或更换密钥；此处无从得知。若可能有变更，请指明较新的监管机构变更链文件（--sets）及较新的检查点（--pin）"},
	}
}

// proofReasons is why a file proves nothing.
func proofReasons() []said {
	return []said{
		{"proof.contradicts", "与监管机构另行认证的内容矛盾：请保留两份文件作为证据，并出示给各成员"},
		{"proof.retired", "共同签署的监管机构此后已更换，而已更换的密钥不能证明任何事：请向任一节点重新索取证明"},
		{"proof.pin", "此处所知的监管机构并未认证所固定的检查点：请获取较新的变更链文件；若依旧如此，则有人伪造"},
		{"proof.uncertified", "此处所知的监管机构中，共同签署者不足：若监管机构已变更，请获取较新的变更链文件并以 --sets 指明"},
		{"proof.foreign", "该证明属联盟 {0}，而创始章程属 {1}：请以 --genesis 指明该证明所属联盟的、来源可信的创始章程"},
		{"usage.foreign_file", "{0}：{1} 属联盟 {2}，而创始章程属 {3}：请指明该联盟的文件"},
		{"usage.no_checkpoint", "--pin：{0} 不是检查点，也不是带有检查点的变更链文件：任一节点可用 ringfence prove --sets --pin 生成"},
		{"usage.not_sets", "--sets：{0} 不是本版本可读的变更链文件：任一节点可用 ringfence prove --sets --pin 生成"},
		{"usage.wrong_sets", "--sets：{0} 并非自创始章程起的变更链：请向可信的节点另行索取，由 ringfence prove --sets --pin 生成"},
		{"proof.wrong", "文件所载并不成立：它不是证明，或该副本被改动过（哪怕只是一个换行）；请向提供者重新索取原样的文件"},
		{"usage.no_genesis", "--genesis：没有文件 {0}；请指明来源可信的联盟创始章程：创始方会提供，每个节点的数据目录中亦有 genesis.cbor"},
		{"usage.no_sets", "{0}：没有文件 {1}；任一节点可用 ringfence prove --sets --pin 生成"},
		{"usage.no_proof", "没有文件 {0}；请指明要核对的证明，即 ringfence prove 所写的文件"},
		{"usage.no_time", "--at：{0} 既不是 2026-11-30 这样的日期，也不是 2026-11-30T12:00:00Z 这样的时间"},
	}
}
