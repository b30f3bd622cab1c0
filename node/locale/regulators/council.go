package regulators

import "slices"

// Words is what the command line writes about the regulators and their ledger.
func Words() []Message {
	return slices.Concat(motionWords(), motionStates(), ledgerWords(), memberWords())
}

func motionWords() []Message {
	return []Message{
		{"cli.motion", "motion", "议案"},
		{"cli.motion.preview", "A preview: nothing was signed, and nobody was told", "预览：未签署任何内容，也未告知任何一方"},
		{"cli.motion.none", "No motion is known here", "此处没有议案"},
		{"cli.motion.no_regulator", "This node is no regulator’s, or its keys are locked: nothing waits for its vote", "本节点不属于监管机构，或其密钥未解锁：没有等待其表决的议案"},
		{"cli.motion.nothing_waits", "Nothing waits for the vote of {0}", "没有等待 {0} 表决的议案"},
		{"cli.motion.does", "does", "作用"},
		{"cli.motion.kind", "kind of motion", "议案种类"},
		{"cli.motion.votes", "votes", "赞成票"},
		{"cli.motion.hands", "votes by hand", "人工票"},
		{"cli.motion.for", "for", "赞成"},
		{"cli.motion.against", "against", "反对"},
		{"cli.motion.silent", "not voted", "未表决"},
		{"cli.motion.mine", "own vote", "本方表决"},
		{"cli.motion.proposer", "proposed by", "提出方"},
		{"cli.motion.proposed", "proposed", "提出时间"},
		{"cli.motion.expires", "voted on until", "表决截止"},
		{"cli.motion.until", "holds until", "有效至"},
		{"cli.motion.part", "part", "部分"},
		{"cli.motion.items", "items", "条数"},
		{"cli.motion.numbers", "numbers", "号码数"},
		{"cli.motion.entry", "entry", "账本序号"},
		{"cli.motion.takes", "takes", "所需"},
		{"cli.motion.takes_votes", "{0} votes, of them by hand {1}", "{0} 票，其中人工 {1} 票"},
		{"cli.motion.contested", "contested", "有异议"},
		{"cli.motion.reassigned", "reassigned", "曾过户"},
		{"cli.motion.ratified", "ratified already", "已核准"},
		{"cli.motion.holder", "in the ranges of", "所属号段"},
		{"cli.motion.nobody", "nobody", "无归属"},
		{"cli.motion.waiting", "The own vote waits, and is cast again by itself: {0}", "本方表决待定，将自动重投：{0}"},
		{"cli.motion.blocked", "It could not enter the ledger now: {0}", "目前无法进入账本：{0}"},
		{"cli.motion.refused", "Why it ended: {0}", "终止原因：{0}"},
		{"cli.next.motion", "Next: ringfence motion show {0} --watch", "下一步：ringfence motion show {0} --watch"},
	}
}

func motionStates() []Message {
	return []Message{
		{"motionstate.inbox", "in the inbox: no regulator voted for it yet", "待受理：尚无监管机构赞成"},
		{"motionstate.open", "open", "表决中"},
		{"motionstate.provisional", "provisional: carried, not certified yet", "暂定：已通过，尚未认证"},
		{"motionstate.enacted", "enacted", "已生效"},
		{"motionstate.withdrawn", "withdrawn", "已撤回"},
		{"motionstate.expired", "expired", "已过期"},
		{"motionstate.refused", "refused", "已拒绝"},
		{"motionstate.unknown", "not known yet", "尚不清楚"},
		{"motionmine.waits", "waits for you", "待您表决"},
		{"motionmine.for", "for", "赞成"},
		{"motionmine.against", "against", "反对"},
	}
}

func ledgerWords() []Message {
	return []Message{
		{"cli.ledger.size", "entries", "条目数"},
		{"cli.ledger.root", "root", "根"},
		{"cli.ledger.certified", "certified", "认证时间"},
		{"cli.ledger.fresh", "{0}, {1} s ago", "{0}（{1} 秒前）"},
		{"cli.ledger.tick", "ledger’s time", "账本时间"},
		{"cli.ledger.anchor", "anchored at", "锚定于"},
		{"cli.ledger.provisional", "provisional entries to", "暂定条目至"},
		{"cli.ledger.cosigned", "cosigned", "联署时间"},
		{"cli.ledger.items", "{0} items", "{0} 条"},
		{"cli.ledger.time", "time", "时间"},
		{"cli.ledger.none", "The ledger has {0} entries, the first with index 0; it ends before that", "账本有 {0} 条，序号从 0 开始；所求序号之前账本已止"},
		{"cli.ledger.more", "And {0} more: --since {1}", "另有 {0} 条：--since {1}"},
		{"entrytype.genesis", "genesis", "创始"},
		{"entrytype.motion", "motion", "议案"},
		{"entrytype.item", "item", "条目"},
		{"entrytype.tick", "tick", "报时"},
		{"entrytype.settlement", "settlement", "交接"},
		{"cli.quorum.own", "regulator of this node", "本节点的监管机构"},
		{"cli.quorum.fresh", "at work", "在工作的"},
		{"cli.quorum.margin", "margin", "余量"},
		{"cli.quorum.margin_of", "{0} more may fail", "还可缺少 {0} 家"},
		{"cli.quorum.stopped", "none: nothing was certified within three minutes", "无：三分钟内没有任何认证"},
		{"cli.quorum.generation", "generation", "代"},
		{"cli.quorum.leader", "leader", "领导者"},
		{"cli.quorum.lag", "entries behind", "落后条数"},
		{"cli.quorum.lied", "signed two stories", "签署了相互矛盾的内容"},
		{"cli.quorum.reports", "Reported of {0} entries, {1}: {2}", "对 {0} 条的报告（{1}）：{2}"},
		{"cli.quorum.locks", "Locked of {0} entries, {1}: {2}", "对 {0} 条的锁定（{1}）：{2}"},
		{"cli.quorum.cosignatures", "Cosigned of {0} entries, {1}: {2}", "对 {0} 条的联署（{1}）：{2}"},
		{"cli.quorum.promised", "{0} promised itself to generation {1}", "{0} 已承诺加入第 {1} 代"},
	}
}

// motions is what is told of motions, the ledger and the quorum.
func motions() []Said {
	return []Said{
		{"council.unknown", "尚不知道结果；节点会重复提交直到得知，且只计一次"},
		{"council.no_quorum", "无法联系到法定数量的监管机构，因此未作任何更改；ringfence quorum status 显示缺少哪些"},
		{"council.no_regulator", "本节点不属于监管机构，或其密钥未解锁：监管机构在持有其表决密钥的自身节点上表决"},
		{"council.too_many_pending", "本节点已有 {0} 个表决与议案等待重新提交"},
		{"council.gave_up", "在被接受之前已过期"},
		{"council.no_proposer", "本节点没有可用于提出议案的有效成员密钥"},
		{"council.partly", "本提案的 {1} 个议案中有 {0} 个已提交监管机构，其余没有"},
		{"council.parts_missing", "本提案另有 {0} 个议案此处尚不知道；所表决的是已知的 {1} 个"},
		{"council.not_open", "该议案已不在表决中"},
		{"council.not_proposer", "该议案不是本节点提出的：只有提出方可以撤回"},
		{"council.short_id", "“{0}”不是议案标识；请写出足以区分的部分，见 ringfence motion list"},
		{"council.no_motion", "此处没有议案 {0}；ringfence motion list 列出已知的议案"},
		{"council.many_motions", "有 {0} 个议案以 {1} 开头；请多写几位"},
		{"council.unreadable", "无法在此读取账本：{0}"},
		{"council.no_promise", "本监管机构无法承诺加入新一代：{0}"},
		{"council.promised", "本监管机构已承诺加入第 {0} 代，不再参与当前一代；{1} 家监管机构承诺后（各自执行 ringfence quorum realign --promise），新一代自动开始"},
		{"motion.ratify", "新增拦截 {0} 条、标记 {1} 条、放行 {2} 条，有效至 {3}"},
		{"motion.ratify_some", "新增名单条目 {0} 条，有效至 {1}"},
		{"motion.revoke", "永久撤销 {0} 条已核准的条目"},
		{"motion.stay", "将 {0} 条已核准的条目暂停 24 小时"},
		{"motion.anchor", "确定各发布链计入的位置及由此得出的名单"},
		{"motion.note_fork", "将 {0} 份分叉证据记录在案"},
		{"motion.set_policy", "设定名单所依据的策略"},
		{"motion.regulators", "变更监管机构：{0}"},
		{"motion.charter", "在 {0} 处变更章程：{1}"},
		{"problem.ledger", "本节点不再跟随监管机构的账本；此前已取得的内容继续有效"},
		{"problem.ledger_stale", "账本最新的检查点时间为 {0}：在工作的监管机构过少，或本节点收不到其消息；在此之前不会有新的权威内容"},
		{"problem.silent", "本节点的监管机构不报告、不锁定、不联署：{0}"},
		{"problem.lost", "本节点的监管机构已丢失认证状态，在更换联署密钥（rekey_regulator 议案）之前保持静默：{0}"},
		{"problem.diverging", "监管机构对同一大小的账本报告了不同的树：有人向其讲述了不同的内容；若不能继续，请用 ringfence quorum realign"},
		{"problem.lied", "{0} 签署了两份相互矛盾的账本内容"},
		{"problem.generation_begun", "其他监管机构已开始第 {0} 代；本监管机构须以 ringfence quorum realign --promise 加入"},
		{"problem.quorum_short", "{1} 家监管机构中三分钟内有 {0} 家联署，而所需为 {2} 家：在更多机构恢复工作之前不会有新的权威内容"},
		{"problem.quorum_margin", "{1} 家监管机构中有 {0} 家联署，恰好满足所需：再缺一家账本即停止"},
		{"usage.large_file", "{0} 超过 {1} 字节；请分成几个提案"},
	}
}

// BallotCodes is why something does not enter the ledger, by the ballot's codes; what it
// is about stands in the English behind it.
func BallotCodes() []Said {
	return []Said{
		{"ballot.unreadable", "无法读取（{0}）"},
		{"ballot.too_large", "超出大小限制（{0}）"},
		{"ballot.newer", "内容来自更新的版本，请升级（{0}）"},
		{"ballot.bad_motion", "议案或提出方的签名不正确（{0}）"},
		{"ballot.bad_items", "条目与议案不符（{0}）"},
		{"ballot.bad_vote", "表决或其签名不正确（{0}）"},
		{"ballot.bad_tick", "报时或其签名不正确（{0}）"},
		{"ballot.bad_withdrawal", "撤回并非由提出方作出（{0}）"},
		{"ballot.bad_checkpoint", "检查点未经认证（{0}）"},
		{"ballot.no_time", "账本尚无时间（{0}）"},
		{"ballot.expired", "议案已过表决期限（{0}）"},
		{"ballot.early", "议案日期超前于账本时间过多（{0}）"},
		{"ballot.not_seated", "并非现任监管机构的表决密钥（{0}）"},
		{"ballot.by_rule", "未声明可据以自动表决的规则（{0}）"},
		{"ballot.stale_vote", "已有该监管机构更新的表决（{0}）"},
		{"ballot.not_for", "提出议案须附赞成票（{0}）"},
		{"ballot.no_proposer", "提出方不是现任成员或监管机构（{0}）"},
		{"ballot.unknown_motion", "议案不在表决中（{0}）"},
		{"ballot.withdrawn", "提出方已撤回（{0}）"},
		{"ballot.docket_full", "该提出方的待决议案过多（{0}）"},
		{"ballot.too_few_votes", "赞成票不足（{0}）"},
		{"ballot.not_by_hand", "人工票不足（{0}）"},
		{"ballot.standing_changed", "提出后监管机构或策略已变更，须重新提出（{0}）"},
		{"ballot.paused", "监管机构变更的认证完成之前，账本暂停（{0}）"},
		{"ballot.not_carried", "上一次监管机构变更尚未执行完毕（{0}）"},
		{"ballot.bad_until", "有效期限不正确（{0}）"},
		{"ballot.too_broad", "号段过宽（{0}）"},
		{"ballot.block_cap", "超出当日拦截上限（{0}）"},
		{"ballot.not_ratified", "账本中没有该有效条目（{0}）"},
		{"ballot.lapsed", "该条目已失效（{0}）"},
		{"ballot.revoked", "该条目已撤销（{0}）"},
		{"ballot.stayed", "该监管机构已暂停过该条目（{0}）"},
		{"ballot.unordered", "条目未按顺序排列（{0}）"},
		{"ballot.anchor_size", "所依据的账本大小不正确（{0}）"},
		{"ballot.anchor_day", "锚定日期不正确（{0}）"},
		{"ballot.anchored_since", "其后已有新的锚定（{0}）"},
		{"ballot.head_back", "位置落后于或偏离已锚定的内容（{0}）"},
		{"ballot.unknown_issuer", "未知的签发密钥（{0}）"},
		{"ballot.not_last_tick", "所指并非最后一次报时（{0}）"},
		{"ballot.tick_size", "报时所指的账本大小不正确（{0}）"},
		{"ballot.time_back", "报时倒退（{0}）"},
		{"ballot.constitution", "与现行章程不符（{0}）"},
		{"ballot.bad_fork", "不是本联盟的分叉证据（{0}）"},
		{"ballot.fork_noted", "该分叉已记录在案（{0}）"},
		{"ballot.uncertified", "待认证的条目过多，须等待认证（{0}）"},
		{"ballot.enacted", "议案已在账本中（{0}）"},
	}
}

// Rest is the part of the REST page about the regulators.
func Rest() []Message {
	return []Message{
		{"rest.council", "The regulators", "监管机构"},
		{"rest.propose_motion", "Put something to the regulators, or preview it", "向监管机构提出议案，或先预览"},
		{"rest.motions", "What is before the regulators, and what they lately decided", "待监管机构表决的议案及近期决定"},
		{"rest.motion", "One motion, what it does and who voted", "一个议案、其作用与表决情况"},
		{"rest.vote_motion", "Vote as the regulator of this node", "以本节点的监管机构身份表决"},
		{"rest.withdraw_motion", "Take back what this node proposed", "撤回本节点提出的议案"},
		{"rest.ledger_state", "How the ledger stands, and who certified it", "账本状况及认证方"},
		{"rest.ledger_list", "Entries of the ledger, in words", "以文字列出的账本条目"},
		{"rest.feed_heads", "Up to where feeds count, for a motion that names it", "议案须写明的各发布链的计入位置"},
		{"rest.p_issuer", "Key of one issuer", "一个签发密钥"},
		{"rest.p_member", "All issuers of a member", "一个成员的全部签发密钥"},
		{"rest.p_at", "Number of a batch, or none; left out, the last one", "批次序号，或 none；缺省为最后一个"},
		{"rest.quorum", "How the regulators stand, and how many more may fail", "监管机构状况及还可缺少几家"},
		{"rest.realign_quorum", "Promise this regulator to the next generation", "承诺本监管机构加入下一代"},
		{"rest.p_motion", "ID of a motion, or an unambiguous beginning of it", "议案标识，或足以区分的开头部分"},
		{"rest.p_mine", "Those alone that wait for the vote of this node's regulator", "仅列出等待本节点监管机构表决的"},
		{"rest.p_since", "Index of the first entry", "第一条的序号"},
		{"rest.p_count", "How many at most; 100 if left out", "最多条数，缺省为 100"},
	}
}
