package locale

import "ringfence/store/assertion"

// Kind tells what a statement is; a kind that this version does not know has
// only its word.
func (c *Catalog) Kind(k assertion.Kind) string {
	if !k.Known() {
		return k.String()
	}
	return c.named(prefixKind, k)
}

// codes is what codes are called that stand alone in a table. What a person also
// types has its word beside the Chinese name.
func codes() []message {
	return concat(kinds(), allocations(), roles(), grounds(), purposes(), publicationStates(), rows())
}

// kinds is what the kinds of statements are called.
func kinds() []message {
	return []message{
		{"kind.flag", "flag", "标记"},
		{"kind.block", "block", "拦截"},
		{"kind.retract", "retract", "撤回"},
		{"kind.reassign", "reassign", "号码过户"},
		{"kind.port", "port", "携号转网"},
		{"kind.contest", "contest", "异议"},
		{"kind.answer", "answer", "异议答复"},
		{"kind.resource", "resource", "号码资源"},
		{"kind.line", "line", "线路"},
		{"kind.authorize", "authorize", "主叫显示授权"},
		{"kind.campaign", "campaign", "外呼报备"},
		{"kind.consent", "consent", "用户同意"},
		{"kind.refusal", "refusal", "用户拒绝"},
		{"kind.preference", "preference", "用户偏好"},
		{"kind.report", "report", "举报"},
		{"kind.disposition", "disposition", "处置"},
		{"kind.penalty", "penalty", "处罚"},
		{"kind.referral", "referral", "移送"},
		{"kind.notice", "notice", "通知"},
		{"kind.tool", "tool", "工具"},
		{"kind.inspection", "inspection", "检查"},
		{"kind.trace", "trace", "溯源"},
		{"kind.tally", "tally", "统计"},
	}
}

// allocations is whether somebody has a number, and a caller without one.
func allocations() []message {
	return []message{
		{"allocated.unknown", "unknown", "未知"},
		{"allocated.yes", "yes", "已分配"},
		{"allocated.no", "no", "未分配"},
		{"caller.anonymous", "withheld", "未显示号码"},
	}
}

// roles is what members are in a federation, and what tokens may do.
func roles() []message {
	return []message{
		{"role.operator", "operator", "基础电信企业（operator）"},
		{"role.mvno", "mvno", "移动转售企业（mvno）"},
		{"role.vendor", "vendor", "号码标记企业（vendor）"},
		{"role.callcentre", "callcentre", "呼叫中心企业（callcentre）"},
		{"role.internet", "internet", "互联网企业（internet）"},
		{"role.handset", "handset", "终端厂商（handset）"},
		{"role.coordinator", "coordinator", "协调机构（coordinator）"},
		{"role.regulator", "regulator", "监管机构（regulator）"},
		{"role.public_security", "public_security", "公安机关（public_security）"},
		{"role.sector", "sector", "行业主管部门（sector）"},
		{"role.reader", "reader", "只读（reader）"},
		{"role.publisher", "publisher", "发布（publisher）"},
		{"role.admin", "admin", "管理（admin）"},
	}
}

// grounds is what ratifications rest on, what is retracted, and how members and keys go.
func grounds() []message {
	return []message{
		{"grounds.flags", "flags", "标记"},
		{"grounds.reports", "reports", "举报"},
		{"grounds.detection", "detection", "检测"},
		{"grounds.investigation", "investigation", "调查"},
		{"grounds.decision", "decision", "决定"},
		{"grounds.allocatee", "allocatee", "号码分配方"},
		{"grounds.other", "other", "其他"},
		{"target.statement", "statement", "声明"},
		{"target.batch", "batch", "批次"},
		{"target.publication", "publication", "发布"},
		{"how.leave", "leave", "退出"},
		{"how.expel", "expel", "开除"},
	}
}

// purposes is what the keys are for.
func purposes() []message {
	return []message{
		{"purpose.issuer", "issuer", "签发批次（issuer）"},
		{"purpose.host", "host", "节点身份（host）"},
		{"purpose.audience", "audience", "开启定向内容（audience）"},
		{"purpose.recovery", "recovery", "离线恢复（recovery）"},
		{"purpose.founder", "founder", "签署章程（founder）"},
		{"purpose.vote", "vote", "表决（vote）"},
		{"purpose.cosign", "cosign", "联署（cosign）"},
		{"purpose.log", "log", "账本（log）"},
	}
}

// publicationStates is how deliveries stand.
func publicationStates() []message {
	return []message{
		{"publication.queued", "queued, not signed yet", "已排队，尚未签名"},
		{"publication.open", "open", "未完成"},
		{"publication.complete", "complete", "已完成"},
		{"publication.closed", "closed", "已放弃"},
		{"publication.partly_retracted", "partly retracted", "部分已撤回"},
		{"publication.retracted", "retracted", "已撤回"},
	}
}
