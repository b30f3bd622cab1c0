package regulators

// ended is what is told of motions in which nothing is left to vote on.
func ended() []Said {
	return []Said{
		{"council.anchor_seat", "本节点不属于监管机构，或其密钥未解锁：监管机构在得出所述名单的自身节点上提出锚定"},
		{"council.no_seat", "本节点不属于监管机构，或其密钥未解锁：监管机构在自身节点上作出承诺"},
		{"council.not_open", "该议案已不在表决中"},
		{"council.over_enacted", "该议案已生效，为账本第 {0} 条：已无可表决"},
		{"council.over_carried", "该议案已通过，即将获得认证：已无可表决"},
		{"council.over_withdrawn", "该议案已由提出者撤回：已无可表决"},
		{"council.over_expired", "该议案已过期：已无可表决；如仍需要，请重新提出"},
		{"council.over_refused", "该议案已被拒绝：已无可表决"},
		{"council.long_enacted", "议案 {0} 已生效，为账本第 {1} 条，不在此处列出的近期议案之中；可用 ringfence ledger entries --since {2} 查看：已无可表决"},
		{"council.unread", "议案 {0} 在本节点读取其内容之前已由提出者撤回，已无可表决"},
		{"council.unread_expired", "议案 {0} 在本节点读取其内容之前已过期，已无可表决"},
		{"council.unread_refused", "议案 {0} 在本节点读取其内容之前已被拒绝，已无可表决"},
		{"council.no_motion", "此处没有议案 {0}；ringfence motion list 列出已知的议案"},
	}
}

// does is what motions do that enter or undo something.
func does() []Said {
	return []Said{
		{"motion.block_one", "拦截 1 个号码，有效至 {0}"},
		{"motion.block_numbers", "拦截 {0} 个号码，有效至 {1}"},
		{"motion.block", "新增拦截 {0} 条，有效至 {1}"},
		{"motion.label_one", "标记 1 个号码，有效至 {0}"},
		{"motion.label_numbers", "标记 {0} 个号码，有效至 {1}"},
		{"motion.label", "新增标记 {0} 条，有效至 {1}"},
		{"motion.allow_one", "放行 1 个号码，有效至 {0}"},
		{"motion.allow_numbers", "放行 {0} 个号码，有效至 {1}"},
		{"motion.allow", "新增放行 {0} 条，有效至 {1}"},
		{"motion.block_label", "新增拦截 {0} 条、标记 {1} 条，有效至 {2}"},
		{"motion.block_allow", "新增拦截 {0} 条、放行 {1} 条，有效至 {2}"},
		{"motion.label_allow", "新增标记 {0} 条、放行 {1} 条，有效至 {2}"},
		{"motion.ratify", "新增拦截 {0} 条、标记 {1} 条、放行 {2} 条，有效至 {3}"},
		{"motion.ratify_some", "新增名单条目 {0} 条，有效至 {1}"},
		{"motion.revoke_one", "永久撤销已核准的条目 1 条"},
		{"motion.revoke", "永久撤销已核准的条目 {0} 条"},
		{"motion.stay_one", "将已核准的条目 1 条暂停 24 小时"},
		{"motion.stay", "将已核准的条目 {0} 条暂停 24 小时"},
		{"motion.anchor", "确定各发布链计入的位置及由此得出的名单"},
		{"motion.note_fork", "将 {0} 份分叉证据记录在案"},
		{"motion.set_policy", "设定名单所依据的策略"},
	}
}
