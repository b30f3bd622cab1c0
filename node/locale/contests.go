package locale

// contestWords is what is told of contests and of the answers to them.
func contestWords() []message {
	return []message{
		{"contest.said", "Contested by {0} on {1}", "{0} 于 {1} 提出异议"},
		{"contest.said_why", "Contested by {0} on {1}: “{2}”", "{0} 于 {1} 提出异议：“{2}”"},
		{"contest.nobody", "Nobody has to answer: nothing that it disputes was said", "无需任何一方答复：所异议的内容无人声明"},
		{"contest.not_anchored", "It is not anchored yet, so the time to answer does not run", "尚未锚定，答复期限未起算"},
		{"contest.no_tick", "It is anchored; the time to answer runs from the ledger’s next tick", "已锚定；答复期限自账本下一次报时起算"},
		{"contest.until", "To be answered by {0}, which is in {1} by the ledger’s clock", "须在 {0} 前答复，按账本时间尚余 {1}"},
		{"contest.over", "The time to answer ended on {0}", "答复期限已于 {0} 届满"},
		{"contest.asked", "{0} has not answered yet", "{0} 尚未答复"},
		{"contest.answered", "{0} has answered; the answer is not anchored yet, and counts only if it is before the deadline", "{0} 已答复；该答复尚未锚定，须在期限届满前锚定方为有效"},
		{"contest.nothing", "{0} has nothing left that it would have to answer for", "{0} 已无需要答复的有效声明"},
		{"contest.upheld", "{0} answered in time and upholds what it said", "{0} 已按期答复并维持其声明"},
		{"contest.upheld_before", "{0} upheld it not long before and is not asked again", "{0} 不久前已维持其声明，不再要求答复"},
		{"contest.withdrawn", "{0} withdrew what it had said", "{0} 已撤下其声明"},
		{"contest.late", "{0} answered too late: what it had said has lapsed for good", "{0} 答复逾期：其声明已永久失效"},
		{"contest.lapsed", "{0} did not answer in time: what it had said has lapsed for good", "{0} 未按期答复：其声明已永久失效"},

		{"conteststate.not_anchored", "not anchored yet", "尚未锚定"},
		{"conteststate.open", "open", "待答复"},
		{"conteststate.closed", "over", "已了结"},

		{"cli.contests.none", "No contest is open", "没有待答复的异议"},
		{"cli.contests.none_mine", "No contest waits for this member’s answer", "没有等待本成员答复的异议"},
		{"cli.contests.no_member", "The charter names no member for this node: nothing waits for its answer", "章程未将本节点列为任何成员：没有等待其答复的异议"},
		{"cli.contests.more", "There are more than these", "此外还有更多"},
		{"cli.contests.by", "contested by", "异议方"},
		{"cli.contests.waits", "has to answer", "待答复方"},
		{"cli.contests.left", "left", "剩余"},
		{"cli.contests.until", "until", "期限"},
		{"cli.contests.contest", "contest", "异议编号"},
		{"cli.contests.mine", "you: {0}", "您：{0}"},
		{"cli.contests.disputed", "What it disputes:", "所异议的声明："},
		{"cli.next.answer", "Next: ringfence answer {0} --uphold --reason WHY, or --withdraw", "下一步：ringfence answer {0} --uphold --reason 理由，或 --withdraw"},
	}
}

// restContests is what the operation about contests does.
func restContests() []message {
	return []message{
		{"rest.contests", "What is disputed, and who has yet to answer", "存在异议的号码，以及尚待答复的成员"},
		{"rest.p_contests_mine", "Those alone that wait for the answer of this node's member", "仅列出等待本节点成员答复的异议"},
	}
}

// contestPhrases is why an answer is not taken, and what waits for one.
func contestPhrases() []said {
	return []said{
		{"problem.contests", "等待本成员答复的异议：{0} 件，最早的期限为 {1}（按账本时间尚余 {2}）；逾期未答复的声明将永久失效；ringfence contests --mine 列出这些异议"},
		{"problem.contests_unanchored", "等待本成员答复的异议：{0} 件；均尚未锚定，期限未起算；ringfence contests --mine 列出这些异议"},
		{"answer.no_contest", "此处没有异议 {0}；ringfence contests 列出待答复的异议"},
		{"answer.not_asked", "{0} 未对本成员的任何声明提出异议：它不是异议、已被撤回，或针对其他成员"},
		{"answer.late", "按账本时间，答复期限已于 {0} 届满，未答复的声明已永久失效；该日之后观察到的情况可重新声明"},
		{"answer.again", "本成员已作出同样的答复：{0}"},
		{"answer.none", "没有关于 {0} 的异议等待本成员答复；ringfence contests --mine 列出这些异议；已答复的可按编号重新答复"},
		{"answer.several", "有多件关于 {0} 的异议待答复，请按编号指明其一：{1}"},
		{"usage.answer", "请指明 --uphold 或 --withdraw 之一"},
	}
}
