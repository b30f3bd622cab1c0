package locale

import "ringfence/node/locale/regulators"

// said is a phrase in Chinese; its English stands where it is said.
type said struct {
	code Key
	zh   string
}

func told(all []regulators.Said) (out []said) {
	for _, s := range all {
		out = append(out, said{Key(s[0]), s[1]})
	}
	return out
}

// phrases is every phrase that is said anywhere.
func phrases() []said {
	return concat(problems(), bars(), confirmations(), peerReasons(), gaps(), refusals(), joinings(), proofReasons(), pastReasons(), auditFindings(), usages(), anchorReasons(), contestPhrases(), keyringReasons(), eraseReasons(), notes(), plainReasons(), told(regulators.Phrases()))
}

// problems is what a person must look after at a node.
func problems() []said {
	return []said{
		{"problem.deaf", "本节点已不再监听 {0}，其他节点无法由此连接：{1}；是否有其他程序占用该端口？请结束该程序；本节点每隔几秒重试"},
		{"problem.mute", "本节点无法发布声明"},
		{"problem.no_keys", "本节点未持有任何密钥"},
		{"problem.lacks_key", "本节点的 keys 目录中没有 {0} 密钥"},
		{"problem.not_issuer", "章程中没有签发密钥 {0}：监管方接纳后即自行恢复发布；请用 ringfence join 请求准入"},
		{"problem.checkpoint_stale", "本节点所知的最新认证账本检查点已有 {0}，章程允许 {1}：监管方未再认证，或本节点所连接的各方未予转达；名单以当时的账本为准，此后的决定尚缺"},
		{"problem.ledger_stopped", "账本不再跟进，名单以已有账本为准"},
		{"problem.ended_left", "监管方已在账本条目 {1} 终止签发密钥 {0}，该成员已退出联盟或被开除：其名下不再签发任何内容"},
		{"problem.ended_issuer", "监管方已在账本条目 {1} 终止签发密钥 {0}，已终止的密钥不再签发任何内容：成员须在持有账本所接纳的另一密钥的节点上继续发布"},
		{"problem.not_member", "章程中没有节点密钥为 {0} 的节点：监管方接纳后其他节点即与其连接；请用 ringfence join 请求准入"},
		{"problem.apart", "本节点未与其他节点相连，仅以所存数据应答，收不到新内容"},
		{"problem.stuck", "排队的内容尚无法发布，在其之前也不发布其他内容"},
		{"problem.disk_full", "已停止写入：磁盘可用 {0} MiB，写入需要 {1} MiB，此外须保留 {2} MiB：请腾出空间；查询照常进行，空间恢复后自动继续写入"},
		{"problem.unwritable", "已停止写入"},
		{"problem.damaged", "批次 {0} 已损坏并被隔离"},
		{"problem.suspended", "本成员的 {0} 条声明已失效，因为其一把密钥签署了相互矛盾的批次；ringfence status --say-again 列出须在持有章程所列另一把密钥的节点上以该密钥重新作出的声明"},
		{"problem.forked", "本成员的一把密钥签署了相互矛盾的批次，其声明已失效；此处尚未持有其中任何内容；ringfence status --say-again 指出何处持有"},
		{"problem.suspended_alone", "本成员的 {0} 条声明已失效，因为其一把密钥签署了相互矛盾的批次；ringfence status --say-again 列出有另一把密钥时须重新作出的声明，而章程未列出其他密钥"},
		{"problem.clock_behind", "本节点时钟比其他节点慢 {0}，最多允许 {1}，因此不签署任何内容；请校准时钟（可用 NTP 保持准确）"},
		{"problem.clock_ahead", "本节点时钟比其他节点快 {0}，最多允许 {1}，因此不签署任何内容；请校准时钟（可用 NTP 保持准确）"},
		{"problem.clock_back", "本节点时钟倒退：其发布链最后批次的时间为 {0}，而时钟为 {1}；请校准时钟"},
		{"problem.twin", "另有使用本节点密钥的节点在 {0} 运行（{1} 前收到），因此本节点在最后收到其消息 {2} 之后才签署"},
		{"problem.twin_hidden", "另有使用本节点密钥的节点在运行，未告知其地址（{0} 前收到），因此本节点在最后收到其消息 {1} 之后才签署"},
		{"problem.twin_before", "截至 {0}，即本节点停止前不久，曾收到另一使用本节点密钥的节点的消息，因此 {1} 之前不签署任何内容"},
		{"problem.stale", "本节点提供的内容可能过期：已有 {0} 没有节点告知其所持内容并全部给出；ringfence peers 显示已连接的节点"},
		{"problem.unconfirmed", "其他节点尚未确认本节点发布链的末端"},
		{"problem.differing", "{0} 个已连接节点以相同声明得出了不同的名单，属故障或攻击；ringfence peers 列出这些节点，/v1/evidence 载有所发现的内容"},
		{"problem.not_pulled", "未从其他节点获取任何内容"},
		{"problem.gap", "{1} 自 {2}/{3} 起的 {0} 个批次无法取得"},
		{"problem.gap_asked", "{1} 自 {2}/{3} 起的 {0} 个批次无法取得（已向 {4} 请求）"},
		{"warning.no_genesis", "{0} 中没有 genesis.cbor，节点尚无法在此运行：用 ringfence join 获取联盟章程，或用 ringfence federation new 建立联盟"},
		{"warning.no_bootstrap", "peers.bootstrap 未列出任何节点且 peers.lan 关闭，新节点只能等待其他节点连接：ringfence join 可添加地址；联盟中仅有的节点无需设置"},
	}
}

// bars is why a node must not sign, and what ends that.
func bars() []said {
	return []said{
		{"bar.restored", "本节点暂不签署"},
		{"bar.stolen", "本节点不签署，因为其密钥可能为他人持有"},
		{"bar.forked", "在监管机构恢复其密钥之前，本节点不签署，且 restore lift 无法解除：该密钥为位置 {0}/{1} 签署了两个批次，以其作出的新声明均不生效"},
		{"remedy.confirm", "节点运行时会自行向另外两个已同步的成员查询其发布链的末端，经其确认后自动恢复签署；若可连接的成员不足，可用 ringfence restore lift HEAD 解除，HEAD 为其最后发布的批次（以其他节点显示为准），从未发布过则为 none"},
		{"remedy.lift", "若是本成员另一台机器所签且该机器已永久停用，可用 ringfence restore lift HEAD 解除，HEAD 为最后签署的批次；否则请勿解除"},
		{"remedy.twin", "若它是本目录的副本，请在两者都签署之前停止其一，因为同一位置的两个批次会使发布链永久冻结；若不是您的节点，则密钥已被盗用"},
		{"remedy.other_key", "请在持有章程为本成员列出的另一把密钥的节点上，以该密钥继续发布"},
		{"remedy.no_key", "章程未为本成员列出其他密钥：监管方可接纳新的密钥，或恢复此密钥；在此之前本成员在此只能查询和筛查"},
		{"why.restored", "数据由备份恢复，此后该密钥可能又签署过批次"},
		{"why.no_store", "此前没有数据存储，不知道该密钥签署过什么"},
		{"why.new_key", "该密钥在此数据存储中是新的，其他成员尚未确认它此前未签署过任何批次"},
		{"why.no_promises", "数据存储中的签署记录文件丢失"},
		{"why.lost_batch", "磁盘丢失了为位置 {0}/{1} 预留的批次"},
		{"why.older_store", "位置 {0}/{1} 曾经签署但此处没有：数据存储比发布链旧"},
		{"why.two_headers", "已知其为位置 {0}/{1} 签署了两个批次头"},
		{"why.foreign_batch", "发布链的位置 {0}/{1} 上是他人签署的批次"},
		{"why.unsigned_batch", "收到以该密钥签署的批次 {0}（{1}/{2}），而本节点并未签署"},
		{"why.unopened_epoch", "一个以该密钥签署的批次头声称属于从未开启的纪元 {0}"},
		{"why.new_epoch", "监管机构已在纪元 {0} 恢复该密钥，而它可能已在别处于该纪元签署过"},
		{"problem.no_base", "发布链须从批次 {0}（{1}/{2}）继续，监管机构由此恢复了它，而此处尚未持有；正从其他节点获取"},
		{"why.twin_at", "其地址为 {0}"},
		{"lift.not_barred", "没有任何限制阻止本节点签署，因此无可解除"},
		{"lift.not_none", "指明的是从未签署过的密钥，而此处的发布链止于 {0}（{1}/{2}）"},
		{"lift.other_head", "指明的是 {0}，而此处的发布链止于 {1}（{2}/{3}）；请先从其他节点获取缺少的批次"},
		{"lift.nothing_held", "指明的是 {0}，而此处没有该发布链的任何内容；请先从其他节点获取"},
		{"lift.older_head", "指明的是 {0}，它早于此处所存的内容：发布链止于 {1}（{2}/{3}）；除非其他节点显示更新的批次，否则应指明该批次"},
		{"lift.other_feed", "指明的是 {0}，它属于另一发布链；本节点的发布链在此处止于 {1}（{2}/{3}）"},
		{"lift.not_held", "位置 {0}/{1} 曾经签署但此处没有；请从其他节点获取"},
	}
}

// confirmations is what a restored node waits for.
func confirmations() []said {
	return []said{
		{"confirm.members", "需要 {1} 个已同步的成员告知该发布链的末端，目前有 {0} 个"},
		{"confirm.too_few", "确认须有 {1} 个其他有节点的成员，而章程只列出 {0} 个，因此无法得到确认；须由人以 ringfence restore lift HEAD 解除，HEAD 为本节点最后发布的批次（以其他节点显示为准），从未发布过则为 none"},
		{"confirm.not_asked", "尚未询问 {0}"},
		{"confirm.not_dialled", "尚未连接 {0}"},
		{"confirm.dialling", "正在连接 {0}"},
		{"confirm.nothing_here", "节点（{0}）告知该发布链到达 {1}/{2}，此处尚无任何内容；将从持有方获取"},
		{"confirm.behind_told", "节点（{0}）告知该发布链到达 {1}/{2}，此处止于 {3}/{4}；其余将从持有方获取"},
		{"confirm.nobody_holds", "尚无节点持有该发布链的内容，此处止于 {0}/{1}；其他节点正在获取"},
		{"confirm.peers_behind", "其他节点所知的发布链到达 {0}/{1}，此处止于 {2}/{3}；它们正在获取其余部分"},
		{"confirm.proof", "{0} 持有该发布链分叉的证据；正在获取"},
		{"confirm.other_batch", "{0} 持有的批次 {1}/{2} 与此处不同：本节点的密钥可能为他人持有；正在获取证据"},
	}
}

// peerReasons is why another node is not connected.
func peerReasons() []said {
	return []said{
		{"peer.not_dialled", "尚未连接"},
		{"peer.dialling", "正在连接"},
		{"peer.exchanging", "已应答，正在交换记录"},
		{"peer.ended", "连接已断开，正在重新连接"},
		{"peer.no_address", "尚不知道其地址"},
		{"peer.no_key", "章程中的密钥不是任何节点能够证明的密钥"},
		{"peer.silent", "{0} 无应答"},
		{"peer.no_route", "本机没有通往 {0} 的路由：{1}"},
		{"peer.other_identity", "在 {0} 应答的是另一身份：{1}"},
		{"peer.dates", "在 {0} 证书日期不符：本节点或对端的时钟相差一小时以上；TCP 不受此影响，但也失败了"},
		{"peer.hangs_up", "在 {0} 应答的一方断开了连接：{1}"},
		{"peer.desk_busy", "它不交换记录，其接待服务繁忙"},
		{"peer.alien", "它有应答，但不使用本联盟的任何协议，接待服务也没有：它不是 Ringfence 节点，或暂时拒绝本节点，原因见其自身的 ringfence peers"},
		{"peer.other_federation", "它属于联盟 {0}（{1}），不是本联盟"},
		{"peer.other_protocol", "它使用协议版本 {0} 至 {1}（软件版本 {2}），本软件使用 {3}：请升级较旧的一方"},
		{"peer.not_member", "它不认为本节点是成员：其章程或本机的节点密钥不正确"},
		{"peer.no_records", "它认识本节点，但不交换记录"},
		{"peer.dropped", "已断开，直到 {0}"},
		{"peer.lies", "它发送了诚实节点不会发送的内容：{0}"},
		{"peer.trickles", "它发送过慢：虽一直在发送，应答仍未按时完成"},
		{"peer.breaks_off", "它连续 {0} 次中断应答：{1}"},
		{"peer.gives_nothing", "它回应信标，但不回应批次请求"},
		{"peer.other_place", "它的应答与所请求的位置不同"},
		{"peer.other_batch", "它所称的 {2} 的批次 {0}/{1} 与其持有的不同"},
		{"peer.claims_too_much", "它声称持有的发布链多于可能存在的数量"},
		{"peer.faults", "它在网格上发送了诚实节点不会发送的内容，超过 {0} 次，最近一次为"},
		{"fault.garbled", "不成消息的字节"},
		{"fault.signed", "带有传输层签名的消息，而任何消息都不应带有"},
		{"fault.malformed", "编码不属于本系统的消息"},
		{"fault.refused", "所有节点都拒收的批次、分叉证据或检查点"},
	}
}

// gaps is why batches that somebody announced are not to be had.
func gaps() []said {
	return []said{
		{"gap.silent", "没有应答"},
		{"gap.not_given", "对端声称持有位置 {0}/{1} 的批次，但未给出"},
		{"gap.not_shown", "对端未出示其声称持有的内容"},
		{"gap.contradicts", "对端自相矛盾"},
		{"gap.frozen", "持有分叉证据"},
		{"gap.newer_version", "其版本比本软件新，无法读取：请升级本节点"},
		{"gap.unknown_issuer", "此处不知道密钥 {0} 获准加入，账本今后可能列入"},
		{"gap.not_due", "批次时间为 {0}，超前本节点时钟（{2}）{1} 以上，到时再接收"},
		{"gap.missing_feed", "此处没有该发布链序号 {0} 之前的任何内容"},
		{"gap.missing_parent", "此处没有序号 {0} 的前一批次，该发布链止于 {1}"},
		{"gap.anchored_branch", "账本锚定了密钥 {1} 纪元 {0} 的另一分支，与此处所持不同：已知其序号 {2}，其前一批次不在此处"},
		{"gap.other_branch", "账本锚定了密钥 {1} 纪元 {0} 的另一分支"},
		{"gap.unopened_epoch", "账本尚未在此开启密钥 {1} 的纪元 {0}"},
		{"gap.unknown_epoch", "此处不知道纪元 {0} 从何处开始"},
		{"gap.frozen_epoch", "密钥 {1} 的纪元 {0} 因分叉而冻结，只接收账本锚定的内容"},
		{"gap.closed", "账本已关闭该纪元"},
		{"gap.closed_epoch", "账本已关闭密钥 {1} 的纪元 {0}，只接收账本锚定的内容"},
		{"gap.missing_base", "此处没有纪元 {0} 所承接的批次，或该批次承接的是另一个批次"},
		{"gap.no_body", "只收到批次头，没有批次体；请索取批次体"},
		{"gap.incomplete_body", "批次体不完整：声明 {0} 缺少内容，而其到 {1} 才过期（名单日期为 {2}）；请向其他节点索取批次体"},
	}
}

// refusals is what keeps a verb from being done.
func refusals() []said {
	return []said{
		{"error.no_node", "{0} 上没有节点在运行；请用 ringfence run 启动"},
		{"error.nobody", "{0} 中没有 {1}，{2} 上也没有节点在运行：请用 --dir 指明目录，用 ringfence join 加入联盟，或参阅 ringfence init 与 ringfence federation new"},
		{"error.nobody_connected", "{0} 上没有节点在运行，因此没有任何连接；请用 ringfence run 启动"},
		{"error.node_silent", "{0} 上的节点在 {1} 内没有应答；它可能已停止、卡住或过载：请查看其日志和进程，必要时重新启动"},
		{"error.may_not_open", "无权打开 {0}；请以运行节点的用户身份执行，或使用其 URL 和令牌"},
		{"error.locked", "另一进程占用数据目录，且没有节点应答"},
		{"error.no_genesis", "缺少 {0}：请用 ringfence federation new 建立联盟，或将联盟的章程复制到此处"},
		{"error.other_store", "{0} 中的数据属于联盟 {1}，而 {2} 属于联盟 {3}：请放回 {4} 的章程；{5} 的节点需要另一个目录"},
		{"error.bad_number", "“{0}”不是国家 +{1} 的号码"},
		{"error.bad_country", "“{0}”不是国家码；应为 86、1 或 34 之类"},
		{"remedy.bad_number", "请写成 +{0}… 的形式，或指明国家"},
	}
}

// joinings is why a node does not join a federation.
func joinings() []said {
	return []said{
		{"join.nobody", "{0} 处没有节点应答：{1}；请核对地址及端口（应为节点间端口 peers.listen，而非 API 端口），并确认该节点在运行"},
		{"join.other_identity", "在 {0} 应答的节点身份与地址中的不同：{1}；请向告知者核对地址"},
		{"join.no_desk", "{0} 处的应答者并非可供加入的 Ringfence 节点：{1}；请核对地址及端口（应为节点间端口 peers.listen），并确认该节点为同一版本"},
		{"join.busy", "{0} 处的节点目前询问过多；请稍后再试"},
		{"join.not_any_more", "本目录的节点密钥 {0} 在创始章程中，但对端已不认为它属于联盟“{1}”的成员；未作任何更改。请将本节点的 {2} 交给：{3}"},
		{"join.peer_lies", "对端的章程属于联盟 {0}，而不是 {1}：对端不可信，请询问其他节点"},
		{"join.other_federation", "{0} 处的节点属于另一联盟 {1}（{2}），而不是 {3}：请向告知者核对标识，或指明该联盟的节点"},
		{"join.other_directory", "{0} 是联盟 {1} 的章程，而一个目录只属于一个联盟；未作任何更改。要加入 {2}，请用 ringfence init 另建目录，在封存前把其中的 {3} 交给创始成员，再从该目录加入"},
		{"join.other_store", "{0} 中的存储属于联盟 {1}，而一个目录只属于一个联盟；未作任何更改。要加入 {2}，请用 ringfence init 另建目录，在封存前把其中的 {3} 交给创始成员，再从该目录加入"},
		{"join.no_id", "“{0}”既不是章程文件，也不是联盟标识（{1}）；标识有 59 个字符，以 bafyrei 开头，见 ringfence federation show"},
		{"join.too_old", "本软件使用协议版本 {0}，对 {1} 处的节点（软件版本 {2}，使用 {3} 至 {4}）而言过旧：请升级本节点"},
		{"join.peer_too_old", "{0} 处的节点（软件版本 {1}）使用协议版本 {2} 至 {3}，对本软件（使用 {4}）而言过旧：须由其运营方升级；请尝试其他节点"},
	}
}

// usages is what is wrong with a command line.
func usages() []said {
	return []said{
		{"usage.help", "见 {0} --help"},
		{"usage.missing", "缺少 {0}"},
		{"usage.missing_either", "缺少 {0} 或 {1}"},
		{"usage.exclusive", "{0} 与 {1} 不能同时使用"},
		{"usage.too_many", "参数“{0}”多余"},
		{"usage.no_command", "缺少命令"},
		{"usage.unknown_command", "没有命令“{0}”"},
		{"usage.nearest_command", "没有命令“{0}”，是否指“{1}”？"},
		{"usage.unknown_flag", "没有选项 --{0}"},
		{"usage.no_value", "选项 --{0} 缺少值"},
		{"usage.no_count", "--{0}：“{1}”不是 0 至 {2} 的整数"},
		{"usage.name_or_file", "缺少 --name 或 --file"},
		{"usage.json_backup", "--json 与备份不能写到同一输出"},
		{"usage.on_off", "“{0}”既不是 on 也不是 off"},
		{"usage.one_query", "--from-list 只能写一次：各条件以空格分隔写在同一查询中，须全部满足"},
		{"usage.voted_days", "--voted-days 须不小于 1；不写则表决 7 天"},
		{"usage.reports", "--reports 须不小于 1；不写则表示人工判断"},
		{"usage.beside_with", "--{0} 不能与 --with 同用：名片已说明成员身份"},
		{"usage.mappings", "可用 {0}，或文件路径"},
		{"usage.peer", "请指明联盟中的一个节点"},
		{"usage.yes", "使用 --json 时不作询问"},
		{"usage.reason", "被拦截者可能询问原因"},
	}
}
