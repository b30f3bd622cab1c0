package taxonomy

type names struct{ code, en, zh string }

var classNames = [NumClasses]names{
	Crm: {"crm", "Illegal or criminal", "违法犯罪"},
	Har: {"har", "Malicious harassment", "恶意骚扰"},
	Mkt: {"mkt", "Commercial marketing", "商业营销"},
	Oth: {"oth", "Other unwanted", "其他骚扰"},
	Unk: {"unk", "Unwanted, kind unknown", "未分类骚扰"},
	ID:  {"id", "Identity only", "身份标识"},
	OK:  {"ok", "Reported harmless", "正常号码"},
}

// categoryNames is append-only within each class: a category's place is its
// code, and codes stand in signed statements.
var categoryNames = [NumClasses][]names{
	Mkt: {
		{"finance.loan", "Loans", "贷款推销"},
		{"finance.wealth", "Wealth management", "理财推销"},
		{"finance.card", "Credit cards", "信用卡推销"},
		{"finance.insurance", "Insurance", "保险推销"},
		{"finance.securities", "Securities", "证券推销"},
		{"realestate.sale", "Real estate sales", "房产销售"},
		{"realestate.rent", "Real estate rentals", "房产租赁"},
		{"education", "Education and training", "教育培训"},
		{"health", "Medical services", "医疗服务"},
		{"healthfood", "Health food", "保健食品"},
		{"retail", "Retail", "零售推销"},
		{"telecom", "Telecommunications", "电信业务推销"},
		{"travel", "Travel", "旅游推广"},
		{"hr", "Recruitment", "招聘猎头"},
		{"other", "Other marketing", "其他营销"},
	},
	Har: {
		{"onering", "One-ring call", "响一声"},
		{"bombing", "Call bombing", "呼死你"},
		{"debt_collection", "Debt collection", "催收骚扰"},
		{"silent", "Silent call", "静音骚扰"},
		{"abuse", "Abuse", "辱骂骚扰"},
		{"other", "Other harassment", "其他恶意骚扰"},
	},
	Crm: {
		{"fraud.impersonation", "Impersonation fraud", "冒充诈骗"},
		{"fraud.customer_service", "Fake customer service", "冒充客服诈骗"},
		{"fraud.loan", "Loan fraud", "贷款诈骗"},
		{"fraud.investment", "Investment fraud", "投资诈骗"},
		{"fraud.brushing", "Fake-order fraud", "刷单诈骗"},
		{"fraud.romance", "Romance fraud", "婚恋诈骗"},
		{"fraud.tech_support", "Technical support fraud", "技术支持诈骗"},
		{"fraud.prize", "Prize fraud", "中奖诈骗"},
		{"fraud.other", "Other fraud", "其他诈骗"},
		{"extortion", "Extortion", "敲诈勒索"},
		{"false_advertising", "False advertising", "虚假广告"},
		{"personal_data", "Trade in personal data", "买卖个人信息"},
		{"illegal_goods", "Illegal goods", "违禁品"},
		{"spoof", "Number spoofing", "改号"},
	},
	Oth: {
		{"survey", "Survey", "调查"},
		{"charity", "Charity", "慈善募捐"},
		{"political", "Political", "政治宣传"},
	},
	Unk: {
		{"untyped", "Untyped", "未分类"},
	},
	ID: {
		{"courier", "Courier", "快递"},
		{"taxi", "Taxi", "出租车"},
		{"takeaway", "Takeaway", "外卖"},
		{"org", "Organisation", "单位"},
	},
	OK: {
		{"legitimate", "Legitimate", "正常"},
	},
}
