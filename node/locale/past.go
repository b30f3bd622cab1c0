package locale

// provingWords is what is said of a proof that was made, of an answer about the past, and
// of the constitution as the ledger stands.
func provingWords() []message {
	return []message{
		{"cli.made.written", "{0}: {1} bytes. It proves:", "{0}：{1} 字节。所证明的是："},
		{"cli.made.ratified", "the regulators ratified {0}: {1} (ledger entry {2})", "监管机构核准了 {0}：{1}（账本条目 {2}）"},
		{"cli.made.revoked", "the regulators revoked ledger entry {0} (by ledger entry {1})", "监管机构撤销了账本条目 {0}（以账本条目 {1}）"},
		{"cli.made.stayed", "a regulator suspended ledger entry {0} for a day (by ledger entry {1})", "一家监管机构将账本条目 {0} 暂停一天（以账本条目 {1}）"},
		{"cli.made.listed", "{0} was on the list: {1} (anchor in ledger entry {2}, of size {3}, day {4})", "{0} 当时在名单上：{1}（账本条目 {2} 的锚点，账本长度 {3}，日期 {4}）"},
		{"cli.made.absent", "neither {0} nor a range around it was on the list (anchor in ledger entry {1}, of size {2}, day {3})", "{0} 及包含它的号段当时均不在名单上（账本条目 {1} 的锚点，账本长度 {2}，日期 {3}）"},
		{"cli.made.regulators", "who the regulators were, from the genesis up to ledger size {0}; changes: {1}", "自创始至账本长度 {0} 的历任监管机构；共变更 {1} 次"},
		{"cli.made.certified", "Certified by the regulators at ledger size {0}, {1}", "监管机构于账本长度 {0} 认证，时间 {1}"},
		{"cli.made.verify", "Anybody checks it offline with: {0}", "任何人可离线核对：{0}"},
		{"cli.made.sets", "The regulators changed since the genesis: hand over the chain of them too, made with ringfence prove --sets -o {0}", "监管机构自创始以来有变更：请一并提供变更链文件，制作方法为 ringfence prove --sets -o {0}"},
		{"cli.as_of", "as of", "时点"},
		{"cli.as_of.then", "ledger size {0}, {1}, day {2}", "账本长度 {0}，{1}，日期 {2}"},
		{"cli.as_of.anchor", "anchored in", "锚点"},
		{"cli.as_of.anchored", "ledger entry {0}, of size {1}, list root {2}", "账本条目 {0}，账本长度 {1}，名单根 {2}"},
		{"cli.as_of.lacks", "lacking", "所缺"},
		{"cli.in_force", "in force as of", "生效截至"},
		{"cli.in_force.size", "ledger size {0}", "账本长度 {0}"},
		{"cli.in_force.genesis", "the genesis alone", "仅创始章程"},
	}
}

// pastReasons is why something about the past cannot be told or proved, and what else is
// to be known of it.
func pastReasons() []said {
	return []said{
		{"past.no_moment", "“{0}”既不是账本长度，也不是 2026-11-30 这样的日期或 2026-11-30T12:00:00Z 这样的时间"},
		{"past.future", "{0} 尚未到来"},
		{"past.beyond", "此处的账本有 {0} 条，没有 {1} 条"},
		{"past.no_entry", "此处的账本有条目 0 至 {0}，没有条目 {1}"},
		{"past.before", "账本没有早至 {0} 的时间"},
		{"past.no_anchor", "长度为 {0} 的账本尚无锚点，成员当时的声明未予固定"},
		{"past.not_recomputable", "账本长度 {0} 时名单对该号码的结论无法重算：当时没有可确知对其作出决定的核准条目"},
		{"past.lacking", "本节点并未持有账本条目 {0} 的锚点之前的全部批次"},
		{"past.erased", "所需内容此后已清除：账本条目 {1} 的锚点时可能有效的声明有 {0} 条"},
		{"past.openings", "当时可能有效的账本条目的内容在其失效后已清除：共 {0} 条"},
		{"past.opening_erased", "账本条目 {0} 的内容在其失效后已在此清除；此前制作的证明仍然有效，其他节点或仍可制作"},
		{"past.partial", "锚点证实当时名单的结论，但无法证实其缘由：当时可能有效的 {0} 条声明此后已清除"},
		{"past.differs", "账本条目 {0} 的锚点所载名单根为 {1}，而此处由相同的声明与账本得出 {2}：属故障或攻击；请保留数据目录并告知各成员"},
		{"past.unreadable", "本节点所存的当时内容无法读取：{0}"},
		{"past.no_such_proof", "“{0}”不是 ratified、listed、absent 之一"},
		{"past.no_checkpoint", "本节点尚未收到监管机构认证的检查点，而证明须以其为终点：ringfence ledger show 显示账本状况"},
		{"past.never_ratified", "账本中没有关于 {0} 或包含它的号段的条目：ringfence prove {1} --listed 或 --absent 可证明名单的结论"},
		{"past.not_ratified_by_then", "届时账本中尚无关于 {0} 或包含它的号段的条目：可用更晚的 --at（或不写）再次执行 ringfence prove {1}"},
		{"past.of_another", "账本条目 {0} 与 {1} 无关"},
		{"past.revoked_since", "该条目此后已由账本条目 {0} 撤销，可用 --at {1} 证明"},
		{"past.stayed_since", "该条目已由账本条目 {0} 暂停一天，可用 --at {1} 证明"},
		{"past.not_in_force", "该条目目前不起决定作用：ringfence explain {0} 说明原因"},
		{"past.unanchored", "届时账本尚无锚点，而名单的结论须以最近的锚点证明：有变动时监管机构每小时提出锚点，也可立即用 ringfence motion propose anchor 提出；已核准的条目无需锚点即可证明"},
		{"past.full_list", "--full 仅用于监管机构核准的条目；名单证明没有更多内容"},
		{"past.list_lost", "账本条目 {0} 的锚点时名单的结论在此无法重算"},
		{"past.was_absent", "在账本条目 {1} 的锚点时，{0} 及包含它的号段均不在名单上：可用 --absent 证明"},
		{"past.was_listed", "在账本条目 {1} 的锚点时，{0} 在名单上：可用 --listed 证明"},
		{"usage.proof_kinds", "--ratified、--listed、--absent 只能选一个"},
		{"usage.proof_sets", "--sets 不涉及号码，也不与 --ratified、--listed、--absent、--full、--at 同用"},
		{"usage.pin_sets", "--pin 仅与 --sets 同用"},
	}
}

// restProofs is the part of the REST page about proofs and the past.
func restProofs() []message {
	return []message{
		{"rest.prove", "A file that proves to strangers what was ratified, or what the list said", "向外人证明核准内容或名单结论的文件"},
		{"rest.prove_sets", "The file of the regulators' changes, which proofs are verified with", "核对证明所用的监管机构变更链文件"},
		{"rest.constitution", "Who decides, who takes part, and by which rules", "由谁决定、谁参与、依何规则"},
		{"rest.p_then", "How it was: a ledger size, a day (its beginning, UTC) or a time; now if left out", "当时的状况：账本长度、日期（该日 UTC 零时）或时间，缺省为现在"},
		{"rest.p_what", "What to prove; what says most if left out", "要证明的内容，缺省为最能说明问题者"},
		{"rest.p_full", "Of what was ratified: with the votes, and the chain of regulators", "用于核准条目：附表决与监管机构变更链"},
		{"rest.p_entry", "Index of the ledger entry, or of an anchor; a day or a time; now if left out", "账本条目或锚点的序号，或日期、时间，缺省为现在"},
		{"rest.p_pin", "With the newest checkpoint, for those who are to trust it", "附最新检查点，供信任者固定"},
	}
}
