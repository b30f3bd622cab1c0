package regulators

// quorumWords are those of who is at work, and why one is not.
func quorumWords() []Message {
	return []Message{
		{"cli.quorum.work_are", "{0} (report and lock in the generation in force)", "{0} 家（在现行一代中报告并锁定）"},
		{"cli.quorum.by_cosignatures", "Who is at work is told here by cosignatures alone: one that is promised to another generation cosigns and is not at work. A regulator’s node knows better", "本节点只能凭联署判断谁在工作：已承诺加入另一代者仍会联署，但并不在工作。监管机构的节点所知更确切"},
		{"cli.quorum.stopped", "none: fewer are at work than it takes", "无：在工作者少于所需"},
		{"cli.quorum.joining", "This regulator is promised to generation {0}, which others have begun, and joins it by itself", "本监管机构已承诺加入其他机构已开始的第 {0} 代，将自动加入"},
		{"cli.quorum.promised_enough", "This regulator is promised to generation {0}; {1} promises are known here, as many as it takes, and it begins by itself", "本监管机构已承诺加入第 {0} 代；此处已知 {1} 份承诺，已达所需，将自动开始"},
		{"quorumstop.no_leader", "none: this regulator knows of no leader, and nothing can be entered", "无：本监管机构未知有领导者，无法写入任何内容"},
		{"quorumstop.uncertified", "none: entries wait and are not certified", "无：有条目等待而未获认证"},
		{"quorumidle.silent", "not heard", "无音讯"},
		{"quorumidle.promised", "promised away: it cosigns and does not report", "已承诺加入另一代：只联署，不报告"},
		{"quorumidle.behind", "in an earlier generation", "仍在较早的一代"},
		{"quorumidle.mute", "reports nothing", "不作报告"},
	}
}

// quorum is what is told of who is at work, and of promises.
func quorum() []Said {
	return []Said{
		{"council.promised", "本监管机构已承诺加入第 {0} 代，不再参与当前一代；{1} 家监管机构承诺后（各自执行 ringfence quorum realign --promise），新一代自动开始"},
		{"council.promised_begun", "本监管机构已承诺加入其他机构已开始的第 {0} 代：取得账本后几秒内自动加入"},
		{"council.promised_enough", "本监管机构已承诺加入第 {0} 代，承诺已达所需的 {1} 家：取得账本后几秒内新一代自动开始"},
		{"council.realign_stops", "未作承诺：在工作的监管机构为 {0} 家，恰好满足所需；一经承诺，本机构即退出，在 {1} 家承诺之前不会再有任何认证；承诺不可收回，只有新的一代才能继续。若确有此意：ringfence quorum realign --promise --yes"},
		{"council.realign_narrows", "未作承诺：{0} 家监管机构在工作，账本正常进行；一经承诺，本机构即退出，此后只能再缺少 {1} 家，且须待新的一代开始（需 {2} 家承诺）才能恢复；承诺不可收回。若确有此意：ringfence quorum realign --promise --yes"},
		{"problem.promised_away", "本节点的监管机构已承诺加入第 {0} 代：不再报告和锁定，只联署其他机构锁定的内容；新一代开始后恢复工作，为此需 {1} 家监管机构各自在其节点上执行 ringfence quorum realign --promise"},
		{"problem.no_leader", "就本监管机构所见，账本已停止：未知有领导者，无法写入任何内容；{1} 家监管机构中有 {0} 家在工作，而所需为 {2} 家"},
		{"problem.uncertified", "就本监管机构所见，账本已停止：有条目等待而未获认证；{1} 家监管机构中有 {0} 家在工作，而所需为 {2} 家"},
		{"problem.quorum_short", "{1} 家监管机构中有 {0} 家在工作，而所需为 {2} 家：在更多机构恢复工作之前不会有新的权威内容"},
		{"problem.quorum_margin", "{1} 家监管机构中有 {0} 家在工作，恰好满足所需：再缺一家账本即停止"},
	}
}
