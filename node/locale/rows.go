package locale

import (
	"strings"

	"ringfence/store/view"
)

// Row tells why a row of a file was not taken, which is said in a few English words: that
// they cannot be used, or the reason for which what they say would be void.
func (c *Catalog) Row(reason string) string {
	if text, ok := c.messages[Key("row."+strings.NewReplacer(" ", "_", "-", "_").Replace(reason))]; ok {
		return text
	}
	for r := view.Reason(1); r.String() != endOfReasons; r++ {
		if r.String() == reason {
			return c.Void(r)
		}
	}
	return reason
}

// endOfReasons is what the view calls a reason that it does not give.
const endOfReasons = "unknown reason"

// rows is why rows of a file cannot be used; the key is the reason in English.
func rows() []message {
	return []message{
		{"row.blank", "blank", "号码为空"},
		{"row.withheld", "withheld", "未显示号码"},
		{"row.spreadsheet_notation", "spreadsheet notation", "电子表格记数法，号码位数已丢失"},
		{"row.too_few_digits", "too few digits", "位数不足"},
		{"row.too_many_digits", "too many digits", "位数过多"},
		{"row.wrong_count_of_digits", "wrong count of digits", "位数与映射规定不符"},
		{"row.not_digits", "not digits", "含有非数字字符"},
		{"row.one_digit_repeated", "one digit repeated", "全部为同一数字"},
		{"row.not_in_plan", "not in plan", "不符合编号计划"},
		{"row.mangled", "mangled", "前缀或区号位置错误"},
		{"row.short_message_code", "short-message code", "仅用于短信的代码"},
		{"row.bad_date", "bad date", "日期不正确"},
		{"row.bad_count", "bad count", "次数不正确"},
		{"row.label_too_long", "label too long", "标签过长"},
		{"row.wrong_count_of_fields", "wrong count of fields", "字段数与表头不符"},
		{"row.stray_quotation_mark", "stray quotation mark", "引号未配对或位置错误"},
		{"row.line_too_long", "line too long", "行过长"},
		{"row.last_seen_lies_ahead", "last seen lies ahead", "最近日期超前"},
	}
}
