package assertion

import (
	"fmt"
	"strings"
)

// Reason says in one byte why a statement is void: kept and explained, but
// without effect. The codes are append-only; those from FirstViewReason on
// belong to the floors that judge authority and policy. The zero Reason means
// that nothing is wrong. A Reason is an error, for those who refuse to sign
// what would be void.
type Reason uint8

// FirstViewReason is the first code that this package will never use.
const FirstViewReason Reason = 64

// What is wrong with a statement by itself.
const (
	Sound           Reason = 0
	UnknownKind     Reason = 1 // kind or body version; may count for a newer release
	UnknownCode     Reason = 2 // medium, audience or basis
	BadBody         Reason = 3 // not the canonical encoding of its kind's body
	BadSubject      Reason = 4 // a kind of subject that the kind cannot have
	BadNumber       Reason = 5 // no well-formed number or range
	BadObserved     Reason = 6 // observed to before observed from
	BadExpiry       Reason = 7 // never, or not after effective; of a retract: not never
	BadCategory     Reason = 8
	BadConfidence   Reason = 9
	BadText         Reason = 10 // not UTF-8 or too long
	BadBasis        Reason = 11 // contradicts its kind or the body
	BadTarget       Reason = 12 // of a retract
	BadReference    Reason = 13 // to a statement
	BadCode         Reason = 14 // in the body
	BadMember       Reason = 15 // no well-formed member ID
	BadTime         Reason = 16 // in the body
	TooMany         Reason = 17 // elements in a list of the body
	RangeNotAllowed Reason = 18 // for this kind; name each number
)

type reasonText struct{ en, zh string }

var reasonTexts = [...]reasonText{
	Sound:           {"sound", "有效"},
	UnknownKind:     {"a kind or body version unknown to this release", "本版本不认识的声明类型或正文版本"},
	UnknownCode:     {"a medium, audience or basis unknown to this release", "本版本不认识的媒介、受众或依据"},
	BadBody:         {"the body is not the canonical encoding of its kind", "正文不是该类型的规范编码"},
	BadSubject:      {"this kind cannot be about such a subject", "该类型不能针对此类对象"},
	BadNumber:       {"the subject is no well-formed number or range", "对象不是合法的号码或号段"},
	BadObserved:     {"observed to lies before observed from", "观察结束早于观察开始"},
	BadExpiry:       {"expires must come after effective and must not be never, except for a retract, where it must be never", "失效时间必须晚于生效时间且不得为永不；撤回声明必须为永不"},
	BadCategory:     {"a category that the taxonomy does not have", "分类表中没有该类别"},
	BadConfidence:   {"the confidence is above 1000 permille", "置信度超过千分之一千"},
	BadText:         {"a text is not UTF-8 or too long", "文本不是 UTF-8 或过长"},
	BadBasis:        {"the basis contradicts its kind or the body", "依据与其类型或正文矛盾"},
	BadTarget:       {"the target of the retract is malformed or is not its subject", "撤回目标格式错误或与对象不符"},
	BadReference:    {"a statement reference is malformed", "声明引用格式错误"},
	BadCode:         {"a code in the body is unknown to this release", "正文中有本版本不认识的代码"},
	BadMember:       {"a member ID is malformed", "成员标识格式错误"},
	BadTime:         {"a time in the body is out of range", "正文中的时间超出范围"},
	TooMany:         {"a list in the body is too long", "正文中的列表过长"},
	RangeNotAllowed: {"this kind is about one number, not a range", "该类型只能针对单个号码，不能针对号段"},
}

// Text returns the reason in Chinese if lang begins with "zh", else in
// English.
func (r Reason) Text(lang string) string {
	switch {
	case int(r) >= len(reasonTexts):
		return fmt.Sprintf("reason(%d)", uint8(r))
	case strings.HasPrefix(lang, "zh"):
		return reasonTexts[r].zh
	}
	return reasonTexts[r].en
}

// String returns the reason in English.
func (r Reason) String() string { return r.Text("en") }

// Error returns the reason in English, as an error's text.
func (r Reason) Error() string { return "assertion: void: " + r.String() }
