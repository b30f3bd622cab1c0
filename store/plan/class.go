package plan

import (
	"fmt"
	"strings"
)

// Class is what kind of service a number belongs to.
type Class uint8

// The classes. Codes are append-only: encoded plans carry them.
const (
	Unknown       Class = 0
	Mobile        Class = 1
	MVNO          Class = 2 // mobile, resold
	Satellite     Class = 3
	M2M           Class = 4 // machines, Internet of things
	Landline      Class = 5
	FixedOrMobile Class = 6 // the plan does not tell which (North America)
	Shared        Class = 7 // shared cost: China's 400
	Freephone     Class = 8 // the called party pays: 800
	Premium       Class = 9
	Code95        Class = 10 // China's 95xxx: enterprises and call centres
	Code96        Class = 11 // China's 96xxx: local to a province
	Service       Class = 12 // other short codes
	Emergency     Class = 13
	VoIP          Class = 14
	Personal      Class = 15 // personal and universal access numbers
	Pager         Class = 16
)

type className struct{ word, en, zh string }

var classNames = [...]className{
	Unknown:       {"unknown", "Unknown", "未知"},
	Mobile:        {"mobile", "Mobile", "移动电话"},
	MVNO:          {"mvno", "Mobile, resold (MVNO)", "虚拟运营商"},
	Satellite:     {"satellite", "Satellite", "卫星电话"},
	M2M:           {"m2m", "Machine to machine", "物联网"},
	Landline:      {"landline", "Landline", "固定电话"},
	FixedOrMobile: {"fixed_or_mobile", "Landline or mobile", "固定或移动电话"},
	Shared:        {"shared", "Shared cost", "主被叫分摊付费"},
	Freephone:     {"freephone", "Freephone", "被叫付费"},
	Premium:       {"premium", "Premium rate", "声讯信息服务"},
	Code95:        {"code95", "95 code", "95号段客服"},
	Code96:        {"code96", "96 code", "96号段客服"},
	Service:       {"service", "Service code", "服务短号"},
	Emergency:     {"emergency", "Emergency", "紧急电话"},
	VoIP:          {"voip", "Internet telephony", "网络电话"},
	Personal:      {"personal", "Personal or universal number", "个人或统一接入号码"},
	Pager:         {"pager", "Pager", "寻呼"},
}

// String returns the class's word: mobile, landline, code95 …
func (c Class) String() string {
	if int(c) < len(classNames) {
		return classNames[c].word
	}
	return fmt.Sprintf("class(%d)", uint8(c))
}

// Name returns the class's name in Chinese if lang begins with "zh", else in
// English.
func (c Class) Name(lang string) string {
	switch {
	case int(c) >= len(classNames):
		return c.String()
	case strings.HasPrefix(lang, "zh"):
		return classNames[c].zh
	}
	return classNames[c].en
}

// MarshalText returns the word that String gives.
func (c Class) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText accepts the words that String gives.
func (c *Class) UnmarshalText(text []byte) error {
	for i := range classNames {
		if classNames[i].word == string(text) {
			*c = Class(i)
			return nil
		}
	}
	return fmt.Errorf("plan: %q is no class of numbers; want one such as mobile, landline or code95", clip(string(text)))
}

// IsMobile reports whether numbers of the class move with their user, so that
// they may honestly call from abroad.
func (c Class) IsMobile() bool { return c == Mobile || c == MVNO || c == Satellite }

// Allocation tells whether a number is allocated to anybody.
type Allocation uint8

// What is known of a number's allocation. Unknown is the usual answer: a plan
// that lists prefixes only, or a country without a plan, cannot tell.
const (
	AllocationUnknown Allocation = 0
	Allocated         Allocation = 1
	Unallocated       Allocation = 2
)

var allocationWords = [...]string{"unknown", "yes", "no"}

// String returns unknown, yes or no.
func (a Allocation) String() string {
	if int(a) < len(allocationWords) {
		return allocationWords[a]
	}
	return fmt.Sprintf("allocation(%d)", uint8(a))
}

// MarshalText returns the word that String gives.
func (a Allocation) MarshalText() ([]byte, error) { return []byte(a.String()), nil }
