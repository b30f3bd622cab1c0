package locale

import "ringfence/node/locale/regulators"

// rest is the page that documents the REST face. Its English is the OpenAPI
// document's own, which is English alone; Translated finds a text here by it.
func rest() []message {
	return concat(restFrame(), restOperations(), restParameters(), texts(regulators.Rest()), restContests(), restProofs())
}

// restFrame is what stands around the operations.
func restFrame() []message {
	return []message{
		{"rest.about", "A node of a federated telephone blocklist. Numbers stand in canonical text; times are RFC 3339, durations and ages name their unit; errors are problem details (RFC 9457) with a kind", "联盟式电话拦截名单的一个节点。号码以规范文本表示；时间采用 RFC 3339 格式，时长与时效均注明单位；错误以问题详情（RFC 9457）返回，并带有种类 kind"},
		{"rest.every_field", "Every field of every operation", "全部操作与字段"},
		{"rest.beside", "Beside the operations", "操作之外的路径"},
		{"rest.other", "In Chinese", "英文版"},
		{"rest.parameter", "Parameter", "参数"},
		{"rest.in", "In", "位置"},
		{"rest.meaning", "Meaning", "含义"},
		{"rest.required", "required", "必填"},
		{"rest.body", "Body", "请求体"},
		{"rest.or", "or", "或"},
		{"rest.open", "Open on loopback, else a {0}’s token", "本机回环地址可直接访问，否则需要 {0} 令牌"},
		{"rest.closed", "The unix socket, or a token of role {0}", "通过 unix 套接字访问，或使用 {0} 令牌"},
		{"rest.anyone", "Open to anybody, without a token", "对任何人开放，无需令牌"},
		{"rest.path", "path", "路径"},
		{"rest.query", "query", "查询参数"},
		{"rest.header", "header", "请求头"},
		{"rest.numbers", "Numbers", "号码"},
		{"rest.calls", "Calls", "呼叫"},
		{"rest.saying", "Saying and undoing", "声明与撤回"},
		{"rest.node", "The node", "节点"},
		{"rest.ledger", "The ledger", "账本"},
	}
}

// restOperations is what each operation does.
func restOperations() []message {
	return []message{
		{"rest.lookup", "What the list says of a number", "名单对一个号码的结论"},
		{"rest.lookup_many", "The same of up to 1,000 numbers", "一次查询最多 1,000 个号码"},
		{"rest.explain", "Every statement behind that, and what became of it", "结论所依据的每条声明及其处理结果"},
		{"rest.statement", "One statement as it was said", "一条声明的原文"},
		{"rest.screen", "What to do with one call", "对一次呼叫的处置"},
		{"rest.screen_more", "A call without a caller is one whose caller was withheld", "不带主叫号码的呼叫视为主叫未显示号码"},
		{"rest.status", "Who the node is, what it holds, what is wrong", "节点身份、所存数据与存在的问题"},
		{"rest.peers", "The other nodes of the federation, and how they stand", "联盟中的其他节点及其状况"},
		{"rest.evidence", "Fork proofs, and peers whose lists differed", "分叉证据，以及名单不一致的节点"},
		{"rest.say_again", "What the member has to say again after a fork of its own key", "本成员密钥分叉后须重新作出的声明"},
		{"rest.say", "Say one thing by hand, or preview it", "手工作出一条声明，或先预览"},
		{"rest.retract", "Undo a statement, a batch or a publication, or preview it", "撤回一条声明、一个批次或一次发布，或先预览"},
		{"rest.publications", "What was delivered, newest first", "已交付的发布，最新在前"},
		{"rest.lift", "Let a barred issuer sign again", "允许被禁止的签发密钥再次签署"},
		{"rest.switches", "Which faces and rules act, and which only tell", "哪些接口与规则生效，哪些仅提示"},
		{"rest.enforce", "Turn a face or a rule on or off", "开启或关闭一个接口或一条规则"},
		{"rest.token", "Make a token; its secret is told once", "创建令牌，令牌值仅显示一次"},
		{"rest.tokens", "The tokens in use, without their secrets", "使用中的令牌，不含令牌值"},
		{"rest.revoke", "End a token", "吊销令牌"},
		{"rest.publish", "Publish what a file says", "发布一个文件的内容"},
		{"rest.publish_more", "The answer is one JSON object a line: `progress` now and then while the file is still being sent, `rejected` and `receipt` rows if asked for, at the end `published` or `error`. A failure before the first line is a problem with its status. A mapping that the node does not have is sent as the part `mapping` of a multipart/form-data body, before the part `file`. At most 1 GiB", "应答每行一个 JSON 对象：传输文件期间不定期给出 `progress`，如有要求则逐行给出 `rejected` 与 `receipt`，最后给出 `published` 或 `error`。首行之前的失败以问题详情及相应状态码返回。节点没有的映射以 multipart/form-data 请求体的 `mapping` 部分发送，位于 `file` 部分之前。文件最大 1 GiB"},
		{"rest.plan", "Take a numbering plan in", "导入编号计划"},
		{"rest.plan_more", "The body is the file, at most 64 MiB", "请求体即该文件，最大 64 MiB"},
		{"rest.plan_remove", "Undo the import of a numbering plan", "撤销编号计划的导入"},
		{"rest.audit", "Judge all that the node holds anew, from the genesis", "自创始章程起重新审核节点所存的一切"},
		{"rest.audit_more", "It takes some ten seconds and 1 GiB for a million ledger entries, so one is made at a time. What is wrong is told among the findings, and is no error", "一百万条账本条目约需十秒与 1 GiB 内存，因此同一时间只进行一次。发现的问题列于 findings，不视为错误"},
		{"rest.backup", "A consistent backup of the running node", "运行中节点的一致备份"},
		{"rest.backup_more", "A backup that breaks off ends the connection without an end of the body", "中断的备份会断开连接，应答体没有正常结尾"},
		{"rest.ledger_checkpoint", "The newest certified checkpoint (C2SP tlog-checkpoint)", "最新的已认证检查点（C2SP tlog-checkpoint）"},
		{"rest.ledger_genesis", "The sealed genesis charter", "已签封的创始章程"},
		{"rest.ledger_policy", "Who certifies checkpoints now, as a policy file for tools of others", "当前由谁认证检查点，以供第三方工具使用的策略文件形式给出"},
		{"rest.ledger_hashes", "A tile of hashes (C2SP tlog-tiles)", "一块哈希（C2SP tlog-tiles）"},
		{"rest.ledger_entries", "Up to 256 entries, each behind its length", "最多 256 条账本记录，每条之前为其长度"},
		{"rest.ledger_openings", "The openings beside these entries, packed alike; erased ones are empty", "这些记录所承诺的原文，打包方式相同；已清除的为空"},
	}
}

// restParameters is what the parameters mean.
func restParameters() []message {
	return []message{
		{"rest.p_language", "Language of texts when lang does not say", "未指定 lang 时的文字语言"},
		{"rest.p_number", "As written, dialled or received, percent-encoded", "书写、拨打或接收到的号码，需百分号编码"},
		{"rest.p_country", "Calling code under which it is read; the node's own if left out", "解读号码所用的国家码，缺省为本节点所在国家"},
		{"rest.p_caller", "Read it as a network presents it instead of as dialled", "按网络送达的主叫号码解读，而非按拨号解读"},
		{"rest.p_lang", "en or zh", "en（英文）或 zh（中文）"},
		{"rest.p_why_not", "A member whose word did not decide", "其声明未起决定作用的成员"},
		{"rest.p_batch", "CID of the batch", "批次的 CID"},
		{"rest.p_index", "Place in the batch", "在批次中的位置"},
		{"rest.p_verdict", "The verdict itself, also in shadow: for the owner and tokens only", "即使处于影子模式也返回结论本身，仅限所有者和令牌持有者"},
		{"rest.p_name", "What the token is called", "令牌名称"},
		{"rest.p_mapping", "Name of a shipped mapping, or what the one in the body is called", "随程序提供的映射名称，或请求体中映射的名称"},
		{"rest.p_file", "Name of the file, for records and messages", "文件名，用于记录与消息"},
		{"rest.p_size", "Bytes, for progress; the body's length if left out", "字节数，用于显示进度，缺省为请求体长度"},
		{"rest.p_replaces", "Calling code that replaces the mapping's", "替换映射中国家码的国家码"},
		{"rest.p_as_of", "Date of an undated file", "无日期文件所对应的日期"},
		{"rest.p_newest_on", "Shift whole days so that the newest creation day is this", "整日平移，使最新的创建日为该日"},
		{"rest.p_dry_run", "Say what would be published and change nothing", "仅说明将发布的内容，不作任何更改"},
		{"rest.p_receipts", "Tell which statement stands for each line, as it becomes durable", "逐行告知对应的声明，在其持久化之后"},
		{"rest.p_rejects", "Tell each row that is not taken, as it is found", "逐行告知未被接受的行"},
		{"rest.p_format", "Format of the file", "文件格式"},
		{"rest.p_code", "Calling code", "国家码"},
		{"rest.p_date", "Of the data, YYYY-MM-DD", "数据日期，YYYY-MM-DD"},
		{"rest.p_number_of_tile", "Number of the tile as tlog-tiles writes it, with .p/ and its width when it is not full; it may have several parts: x001/234.p/7", "块的编号，写法同 tlog-tiles，未满时附 .p/ 与宽度；可含多段：x001/234.p/7"},
		{"rest.p_level", "0 to 7: a hash stands for 256 to the power of it entries", "0 至 7：一个哈希代表 256 的该次方条记录"},
		{"rest.p_source", "Where it comes from", "数据来源"},
	}
}
