package locale

// auditWords is what the report of an audit says around its findings.
func auditWords() []message {
	return []message{
		{"cli.audit.finding", "{0}. {1}", "第 {0} 项：{1}"},
		{"cli.audit.more", "… and {0} more findings", "……另有 {0} 项发现"},
		{"cli.audit.alone", "nobody yet: the genesis alone is held", "尚无：仅持有创始章程"},
		{"cli.audit.no_word", "not judged", "未予判定"},
		{"cli.audit.feeds", "feeds", "发布链"},
		{"cli.audit.feeds_are", "{0}, with {1} batches and {2} statements, {3} of them erased", "{0} 条，共 {1} 个批次、{2} 条声明，其中 {3} 条已擦除"},
		{"cli.audit.ledger", "{0} of {1} entries judged: {2} motions with {3} votes, {4} ticks", "已判定 {1} 条中的 {0} 条：{2} 个议案、{3} 张表决票、{4} 次报时"},
		{"cli.audit.ratified", "ratified", "核准"},
		{"cli.audit.ratified_are", "{0}; of them openings erased: {1}", "{0} 条；已擦除 {1} 条的内容"},
		{"cli.audit.list_roots", "list roots", "名单根"},
		{"cli.audit.list_roots_are", "{0} of {1} computed anew and equal, {2} not recomputable", "{1} 个中 {0} 个重新计算后相同，{2} 个无法重新计算"},
		{"cli.audit.not_recomputable", "Not recomputable: the list at ledger size {0}, day {1}; what counted then was erased since", "无法重新计算：账本长度 {0}、日期 {1} 时的名单；当时有效的内容此后已擦除"},
		{"cli.audit.more_moments", "… and {0} more such moments", "……另有 {0} 个这样的时刻"},
		{"cli.audit.clean", "All that is held follows from the genesis and what was signed ({0} s)", "所持有的一切均由创始章程和已签署的内容得出（{0} 秒）"},
		{"cli.audit.wrong", "NOT CLEAN, findings: {0} ({1} s)", "有问题：{0} 项发现（{1} 秒）"},
	}
}

// auditFindings is what an audit finds, and what to do.
func auditFindings() []said {
	return []said{
		{"audit.node_runs", "节点正在 {0} 运行：请先停止节点再审计其目录，或审计在别处恢复的备份"},
		{"audit.busy", "本节点正在接受审计；请待其完成后再试"},
		{"audit.no_store", "{0} 中尚无存储：没有节点在此运行过，没有可审计的内容"},
		{"audit.bad_checkpoint", "所存的检查点无法读取，或不属于本联盟的账本"},
		{"audit.uncertified", "在任监管机构中共同签署所存检查点 {0} 的不足法定数"},
		{"audit.bad_cosignature", "所存检查点上以 {0} 名义的签名并非其签名"},
		{"audit.ledger_damaged", "账本的 {0} 与经认证的根不符"},
		{"audit.other_genesis", "账本并非始于本创始章程（账本条目 {0}）"},
		{"audit.no_place", "账本条目 {0} 不可能出现在有效的账本中，其后的内容未予判定"},
		{"audit.too_new", "账本条目 {0} 出自更新的版本，其后的内容未予判定"},
		{"audit.opening_missing", "自账本条目 {0} 起，有效的核准条目的内容不在此处"},
		{"audit.wrong_list_root", "账本条目 {0} 的锚点所载名单根不能由已签署的内容得出"},
		{"audit.not_judged", "账本条目 {0} 的锚点所载名单根无法在此计算"},
		{"audit.unreadable", "发布链无法读取到末尾"},
		{"audit.quarantined", "批次 {0} 已被隔离：磁盘改动了它"},
		{"audit.batch_broken", "批次 {0} 并非其签发方所签署的内容"},
		{"audit.never_admitted", "账本从未接纳发布链 {0} 的密钥"},
		{"audit.batches_missing", "自 {0} 起缺少批次"},
		{"audit.chain_broken", "批次 {0} 不接续其前一批次"},
		{"audit.two_at_one_place", "{0} 处有两个批次"},
		{"audit.epoch_not_opened", "账本未开启发布链 {0} 的纪元"},
		{"audit.erased_too_early", "批次 {0} 的声明在到期日之前被擦除，且无人撤回"},
		{"audit.bad_fork_proof", "一份分叉证明在此不成立（发布链 {0}）"},
		{"audit.head_missing", "账本已锚定 {0}，而此处没有"},
		{"audit.other_head", "此处 {0} 的批次并非账本所锚定的批次"},
		{"audit.do_upgrade", "请升级 ringfence 后重新审计"},
		{"audit.do_fetch", "此磁盘所存不可信，而其他节点持有该内容：请恢复备份，或以空存储运行节点使其全部重新获取，然后重新审计"},
		{"audit.do_run", "请运行节点直至就绪（ringfence status）：节点会从其他节点获取所缺内容；然后重新审计。若本成员已退出，其他节点不再提供任何内容，本节点只能审计到此为止"},
		{"audit.do_door", "任何节点都不会接收这样的批次，因此它是在此处被改动的：请恢复备份，或以空存储运行节点，然后重新审计；若又从其他节点传来，请作为本软件的故障报告"},
		{"audit.do_branch", "签发方签署了相互矛盾的内容，账本采纳了另一份：请以空存储运行节点使其获取该内容，然后重新审计"},
		{"audit.do_evidence", "请保留本目录的副本作为证据；并审计另一个节点：若同样有误，则监管机构签署了不能得出的内容，须告知每个成员"},
	}
}
