package locale

// commands is what the command line writes around its answers. Help texts are
// not here: they are English, as the names of the verbs are.
func commands() []message {
	return concat(headings(), moreHeadings(), numberWords(), nodeWords(), nextSteps())
}

// headings is what stands before a value or over a column.
func headings() []message {
	return []message{
		{"cli.accepted", "accepted", "接受"},
		{"cli.after", "after", "之后"},
		{"cli.allocated", "allocated", "是否分配"},
		{"cli.allocatee", "allocatee", "分配方"},
		{"cli.batches", "batches", "批次"},
		{"cli.before", "before", "之前"},
		{"cli.begun", "begun", "开始"},
		{"cli.best", "best", "最强"},
		{"cli.called", "called", "被叫"},
		{"cli.caller", "caller", "主叫"},
		{"cli.category", "category", "类别"},
		{"cli.changes", "entries that change", "变化条目"},
		{"cli.clamped", "dates clamped", "修正日期"},
		{"cli.class", "class", "大类"},
		{"cli.confidence", "confidence", "置信度"},
		{"cli.country", "country", "国家"},
		{"cli.created", "created", "创建"},
		{"cli.default", "default", "默认值"},
		{"cli.directory", "directory", "目录"},
		{"cli.disk", "disk", "磁盘"},
		{"cli.disputed", "disputed", "有异议"},
		{"cli.drafts", "drafts", "草稿"},
		{"cli.entries", "entries", "条目"},
		{"cli.epoch", "epoch", "纪元"},
		{"cli.face_or_rule", "face or rule", "接口或规则"},
		{"cli.federation", "federation", "联盟"},
		{"cli.file", "file", "文件"},
		{"cli.files", "files", "文件"},
		{"cli.first_seen", "first seen", "最早"},
		{"cli.founders", "founders", "创始方"},
		{"cli.from", "from", "来源"},
		{"cli.group", "independence group", "独立组"},
		{"cli.head", "head", "最新批次"},
		{"cli.hosted_by", "hosted by", "承载方"},
		{"cli.ingress", "ingress", "入口"},
		{"cli.issuer", "issuer", "签发密钥"},
		{"cli.issuers", "issuers", "签发密钥"},
		{"cli.key", "key", "键"},
		{"cli.kind", "kind", "种类"},
		{"cli.label", "label", "标签"},
		{"cli.label_from", "two voices label from", "两方标记阈值"},
		{"cli.labelled", "labelled numbers", "已标记号码"},
	}
}

// moreHeadings is the second half of the alphabet.
func moreHeadings() []message {
	return []message{
		{"cli.last_seen", "last seen", "最近"},
		{"cli.made", "made", "创建时间"},
		{"cli.mapping", "mapping", "映射"},
		{"cli.meaning", "meaning", "含义"},
		{"cli.member", "member", "成员"},
		{"cli.members", "members", "成员"},
		{"cli.name", "name", "名称"},
		{"cli.needed_sum", "needed", "所需"},
		{"cli.needed_voices", "needed", "所需"},
		{"cli.node", "node", "节点"},
		{"cli.number", "number", "号码"},
		{"cli.number_class", "kind of number", "号码类型"},
		{"cli.origin", "origin", "取得方式"},
		{"cli.own_blocks", "blocked on own nodes of", "仅在其本成员节点拦截"},
		{"cli.passes", "passes", "达标"},
		{"cli.plan_date", "plan of", "编号计划日期"},
		{"cli.protected", "protected", "受保护"},
		{"cli.public_key", "public key", "公钥"},
		{"cli.publication", "publication", "发布"},
		{"cli.purpose", "purpose", "用途"},
		{"cli.quorum", "quorum", "法定数"},
		{"cli.range", "range", "号段"},
		{"cli.ranges", "ranges", "号段数"},
		{"cli.ratified", "ratified", "核准"},
		{"cli.readings", "readings", "解读"},
		{"cli.reason", "reason", "原因"},
		{"cli.reference", "reference", "引用"},
		{"cli.references", "references", "引用"},
		{"cli.refused", "refused", "拒绝"},
		{"cli.regulators", "regulators", "监管机构"},
		{"cli.rejected", "rejected rows", "拒收行"},
		{"cli.reports", "reports", "举报数"},
		{"cli.resold_to", "resold to", "转售给"},
		{"cli.resumed", "said before a stop", "中断前已发布"},
		{"cli.role", "role", "角色"},
		{"cli.roles", "roles", "角色"},
		{"cli.rows", "rows", "行数"},
		{"cli.rule", "rule", "规则"},
		{"cli.said", "said", "声明时间"},
		{"cli.score", "score", "得分"},
		{"cli.seconds", "seconds", "秒"},
		{"cli.sequence", "sequence", "序号"},
		{"cli.setting", "setting", "设置"},
		{"cli.shadow", "in shadow", "影子模式"},
		{"cli.single_from", "one source labels from", "单一来源阈值"},
		{"cli.source", "source", "来源"},
		{"cli.stale", "stale", "过期"},
		{"cli.state", "state", "状态"},
		{"cli.statements", "statements", "声明"},
		{"cli.status", "status", "状态"},
		{"cli.strength", "strength", "强度"},
		{"cli.sum", "sum", "合计"},
		{"cli.text", "text", "说明"},
		{"cli.token", "token", "令牌"},
		{"cli.treatment", "treatment", "处理"},
		{"cli.unchanged", "unchanged", "未变"},
		{"cli.undone", "undone", "撤回"},
		{"cli.value", "value", "值"},
		{"cli.verdict", "verdict", "结论"},
		{"cli.version", "version", "版本"},
		{"cli.void", "void", "无效"},
		{"cli.voices", "voices", "独立来源"},
		{"cli.weight", "weight", "权重"},
	}
}

// numberWords is what is said of a number and of a call.
func numberWords() []message {
	return []message{
		{"cli.allocated_as_of", "{0} (plan of {1})", "{0}（{1} 的编号计划）"},
		{"cli.by", "by {0}", "由 {0}"},
		{"cli.contested_yes", "yes: another class is claimed as well", "是：另有不同类别的标记"},
		{"cli.decides", "(decides)", "（起决定作用）"},
		{"cli.list_stamp", "list {0}, day {1}, serial {2}, {3} s old", "名单 {0}，日期 {1}，序号 {2}，已 {3} 秒"},
		{"cli.more", "and {0} more; --json has them all", "另有 {0} 项，--json 可列出全部"},
		{"cli.next_change", "Changes by itself on {0}", "将于 {0} 自动变化"},
		{"cli.no", "no", "否"},
		{"cli.not_listed", "not listed", "未列入"},
		{"cli.on_key", "What was said about {0}", "关于 {0} 的声明"},
		{"cli.protected_yes", "yes: no evidence reaches it", "是：标记对其无效"},
		{"cli.stale_yes", "yes: the list is older than this node's policy allows", "是：名单已超出本节点策略允许的时限"},
		{"cli.would_be", "would {0} by {1}", "本应{0}（{1}）"},
		{"cli.yes", "yes", "是"},
		{"cli.acts", "acts", "生效"},
		{"cli.tells", "only tells", "仅提示"},
	}
}

// nodeWords is what is said of a node and of what was published.
func nodeWords() []message {
	return []message{
		{"cli.entries_of", "{0}: {1} labelled, {2} blocked, {3} contested", "{0}：标记 {1}，拦截 {2}，有异议 {3}"},
		{"cli.free_of", "{0} free; nothing is written below {1}", "可用 {0}，低于 {1} 时停止写入"},
		{"cli.frozen", "frozen: it signed two stories", "已冻结：签署了相互矛盾的批次"},
		{"cli.labelled_from", "{0} before, {1} after", "之前 {0}，之后 {1}"},
		{"cli.no_publications", "Nothing has been published here", "尚未发布任何内容"},
		{"cli.no_tokens", "There are no tokens", "没有令牌"},
		{"cli.not_running", "not running; this command opened the directory itself", "未运行，此命令直接打开了数据目录"},
		{"cli.running_since", "running since {0}", "自 {0} 起运行"},
		{"cli.problem", "Problem: {0}", "问题：{0}"},
		{"cli.published.already", "This content was published before, as {0}; nothing was added", "相同内容此前已发布（{0}），未新增任何内容"},
		{"cli.published.dry", "A dry run: nothing was signed", "试运行：未签署任何内容"},
		{"cli.said.preview", "A preview: nothing was signed", "预览：未签署任何内容"},
		{"cli.quorum_of", "{0} of {1}", "{1} 中的 {0}"},
		{"cli.shipped", "shipped", "随程序提供"},
		{"cli.imported", "imported", "导入"},
		{"cli.plan_removed", "The plan of country {0} as of {1} is removed", "已移除国家 {0} 日期 {1} 的编号计划"},
		{"cli.revoked", "Token {0} is revoked", "令牌 {0} 已吊销"},
		{"cli.lifted", "The issuer may sign again", "签发密钥可再次签署"},
		{"cli.backed_up", "Backup of {0} bytes written to {1}", "备份（{0} 字节）已写入 {1}"},
		{"cli.restored", "Restored into {0}. Its issuer may not sign until you name the last batch that it published, as another node shows it: ringfence restore lift HEAD", "已恢复到 {0}。在指明其最后发布的批次（以其他节点显示为准）之前，签发密钥不得签署：ringfence restore lift HEAD"},
		{"cli.scrubbed", "{0} batches read again, {1} broken", "重读 {0} 个批次，损坏 {1} 个"},
		{"cli.unmapped", "Labels without a category of their own: {0}", "没有对应类别的标签：{0}"},
		{"cli.listening_socket", "Listening on {0} alone; stop with Ctrl-C", "仅监听 {0}，按 Ctrl-C 停止"},
		{"cli.listening", "Listening on {0} and {1}; stop with Ctrl-C", "正在监听 {0} 和 {1}，按 Ctrl-C 停止"},
	}
}

// nextSteps is what to do after a step that is done once.
func nextSteps() []message {
	return []message{
		{"cli.next.recovery", "Copy keys/recovery.key.age and keys/lock.age to a medium that stays offline, then keep a backup of the whole keys directory", "请将 keys/recovery.key.age 与 keys/lock.age 复制到离线介质，并备份整个 keys 目录"},
		{"cli.next.member", "Next: hand {0} to the founder of the federation; when the sealed genesis.cbor comes back, put it into {1} and start the node with ringfence run", "下一步：将 {0} 交给联盟创始方；收到签署的 genesis.cbor 后放入 {1}，再用 ringfence run 启动节点"},
		{"cli.next.founder", "Next: collect the members' card.yaml, then seal the charter: ringfence federation new --dir {0} --seal --name NAME --card FILE …", "下一步：收集各成员的 card.yaml，然后签署章程：ringfence federation new --dir {0} --seal --name NAME --card FILE …"},
		{"cli.next.sealed", "Next: every member puts {0} into its data directory as genesis.cbor, sees with ringfence federation show that the federation is {1}, and starts its node with ringfence run", "下一步：每个成员将 {0} 以 genesis.cbor 之名放入其数据目录，用 ringfence federation show 核对联盟标识 {1}，再用 ringfence run 启动节点"},
		{"cli.next.policy", "Every figure of the policy: ringfence federation show --json; what they mean: docs/policy.md", "策略的全部数值：ringfence federation show --json；含义见 docs/policy.md"},
		{"cli.next.published", "To undo all of it: ringfence retract --publication {0} --preview", "全部撤回：ringfence retract --publication {0} --preview"},
		{"cli.next.token", "It is told this once. Send it as Authorization: Bearer …", "令牌仅显示这一次。请以 Authorization: Bearer … 形式发送"},
	}
}
