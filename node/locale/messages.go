package locale

import "ringfence/node/locale/regulators"

// Keys of messages that no code of another package gives by its word.
const (
	VoidRole       Key = "void.role"
	VoidShortLived Key = "void.short_lived"
	VoidExpelled   Key = "void.expelled"
	VoidAudience   Key = "void.audience"
	VoidBroad      Key = "void.broad"
	VoidLongLived  Key = "void.long_lived"
	VoidOld        Key = "void.old"
	VoidProtected  Key = "void.protected"
	VoidNotHolder  Key = "void.not_holder"
	VoidFuture     Key = "void.future"
	VoidRepeated   Key = "void.repeated"
	VoidQuota      Key = "void.quota"
	VoidForeign    Key = "void.foreign"
	VoidNotIssuer  Key = "void.not_issuer"
	VoidFrozen     Key = "void.frozen"
)

// message is one message in every language.
type message struct {
	key    Key
	en, zh string
}

func texts(all []regulators.Message) (out []message) {
	for _, m := range all {
		out = append(out, message{Key(m[0]), m[1], m[2]})
	}
	return out
}

// messages returns every message.
func messages() []message {
	return concat(verdicts(), irregularities(), rules(), callWords(), statements(), voids(), codes(), rest(), commands())
}

func concat[T any](parts ...[]T) (all []T) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// verdicts is what the called party and the operator read of one call.
func verdicts() []message {
	return []message{
		{"verdict.none", "Nothing known against this caller", "未发现该主叫异常"},
		{"verdict.kind", "{0} – {1}", "{0}（{1}）"},
		{"verdict.contested", "{0} (disputed)", "{0}，有异议"},
		{"verdict.identity", "{0}", "{0}"},
		{"verdict.callee.emergency", "Emergency call, always connected", "紧急呼叫，一律放行"},
		{"verdict.bypass", "Screening is bypassed for now", "筛查已临时旁路"},
		{"verdict.cli.irregular", "Irregular caller ID: {0}", "主叫号码不规范：{0}"},
		{"verdict.cli.foreign_domestic.label", "Domestic number calling from abroad, roaming not confirmed", "境外来电显示境内号码，漫游状态未确认"},
		{"verdict.cli.foreign_domestic.block", "Domestic number forged on a call from abroad", "境外来电仿冒境内号码"},
		{"verdict.cli.unallocated", "The caller's number was never allocated", "主叫号码未分配使用"},
		{"verdict.local.allow", "Allowed by this network's own rule {0}", "按本网规则 {0} 放行"},
		{"verdict.local.block", "Blocked by this network's own rule {0}", "按本网规则 {0} 拦截"},
		{"verdict.list.ratified.allow", "Cleared by the regulators: {0}", "经监管机构核准放行：{0}"},
		{"verdict.list.ratified.label", "Labelled by the regulators: {0}", "经监管机构核准标记：{0}"},
		{"verdict.list.ratified.block", "Blocked by the regulators: {0}", "经监管机构核准拦截：{0}"},
		{"verdict.list.label", "Reported as: {0}", "被标记为：{0}"},
	}
}

// irregularities is why a caller ID is no number.
func irregularities() []message {
	return []message{
		{"reason.irregular.other", "no telephone number", "不是电话号码"},
		{"reason.irregular.too_long", "more than 15 digits", "超过 15 位"},
		{"reason.irregular.too_short", "too few digits", "位数不足"},
		{"reason.irregular.not_digits", "not digits", "含有非数字字符"},
		{"reason.irregular.no_country", "no country code", "没有有效的国家码"},
		{"reason.irregular.doubled_prefix", "doubled prefix", "前缀重复"},
		{"reason.irregular.carrier_prefix", "carrier prefix before the number", "号码前带有 IP 电话接入码"},
		{"reason.irregular.all_same", "one digit repeated", "全部为同一数字"},
		{"reason.irregular.not_in_plan", "not in the numbering plan", "不符合编号计划"},
		{"reason.irregular.area_with_service", "area code before a service number", "服务号码前带有区号"},
		{"reason.irregular.sms_code", "a code for short messages only", "仅用于短信的代码"},
	}
}

// rules is what the screening rules are called, and the steps of the list.
func rules() []message {
	return []message{
		{"rule.callee.emergency", "Calls to emergency numbers", "呼叫紧急号码"},
		{"rule.bypass", "Bypass", "旁路"},
		{"rule.cli.irregular", "Irregular caller ID", "主叫号码不规范"},
		{"rule.cli.foreign_domestic", "Domestic number from abroad", "境外来电显示境内号码"},
		{"rule.cli.unallocated", "Unallocated number", "未分配号码"},
		{"rule.local.allow", "Local allow", "本网放行"},
		{"rule.local.block", "Local block", "本网拦截"},
		{"rule.list.ratified", "Ratified entry", "核准条目"},
		{"rule.list.label", "Label from evidence", "依据标记"},
	}
}

// callWords is what is done with a call, why, and where it came in.
func callWords() []message {
	return []message{
		{"action.allow", "allow", "放行"},
		{"action.label", "label", "标记"},
		{"action.block", "block", "拦截"},

		{"treatment.connect", "connect", "接续"},
		{"treatment.mark", "connect with a mark", "接续并提示"},
		{"treatment.reject", "reject", "拒绝"},
		{"treatment.announce", "reject with an announcement", "播放语音后拒绝"},
		{"treatment.divert", "divert", "转接"},

		{"basis.call", "the call itself", "呼叫本身"},
		{"basis.local", "this network's own rule", "本网规则"},
		{"basis.ratified", "ratified by the regulators", "监管机构核准"},
		{"basis.evidence", "publishers' evidence", "标注方的依据"},

		{"ingress.national", "another operator", "国内互联"},
		{"ingress.international", "international gateway", "国际关口局"},
		{"ingress.enterprise", "enterprise line", "企业专线"},
		{"ingress.reseller", "reseller", "转售企业"},
	}
}

// statements is what became of a statement, and of a batch at the door.
func statements() []message {
	return []message{
		{"status.counts", "counts", "计入"},
		{"status.superseded", "replaced by a newer one", "已被更新的声明取代"},
		{"status.not_yet", "not in effect yet", "尚未生效"},
		{"status.expired", "expired", "已失效"},
		{"status.retracted", "retracted", "已撤回"},
		{"status.reassigned", "observed before the number changed hands", "观察早于号码过户"},
		{"status.derived", "repeats what others said", "转述他人，不计入"},
		{"status.void", "void", "无效"},
		{"status.own_nodes", "acts on the member's own nodes", "仅在本成员节点生效"},
		{"status.noted", "noted, not weighed", "仅记录，不计权"},
		{"status.erased", "erased", "已删除内容"},
		{"status.unreadable", "its batch is damaged here", "批次在本节点已损坏"},
		{"status.lapsed", "withdrawn, or a contest was not answered in time", "已被撤下，或未按期答复异议"},

		{"outcome.fresh", "accepted", "已接收"},
		{"outcome.known", "known already", "此前已接收"},
		{"outcome.early", "early: something it needs is missing", "过早：尚缺所需内容"},
		{"outcome.refused", "refused", "已拒绝"},
	}
}

// voids is why a statement is void by the charter or its feed.
func voids() []message {
	return []message{
		{VoidShortLived, "expires too soon", "失效日期过早"},
		{VoidExpelled, "the issuer was expelled: what it asserted has ended", "该签发密钥已被除名，其所作声明随之终止"},
		{VoidRole, "the member's roles may not say this", "该成员的角色无权作此声明"},
		{VoidAudience, "not for all audiences, so it never counts for the list", "并非对所有人公开，不计入名单"},
		{VoidBroad, "the range is broader than policy allows", "号段过宽，超出策略限制"},
		{VoidLongLived, "expires later than policy allows", "失效时间超出策略限制"},
		{VoidOld, "observed too long ago", "观察时间过早"},
		{VoidProtected, "protected number", "受保护号码"},
		{VoidNotHolder, "the member does not hold, resell or serve this number", "该成员既非号码的分配方、转售方，也非服务方"},
		{VoidFuture, "its date lies after its batch", "日期晚于所在批次"},
		{VoidRepeated, "said too recently by the same issuer", "同一签发密钥近期已声明过"},
		{VoidQuota, "the issuer's daily quota is used up", "签发密钥当日配额已用尽"},
		{VoidForeign, "said by another member", "系其他成员所作声明"},
		{VoidNotIssuer, "the issuer's key is not in force", "签发密钥不在有效期内"},
		{VoidFrozen, "the issuer signed two stories and nothing of this one is anchored", "签发密钥签署了相互矛盾的批次，此支未被锚定"},
	}
}
