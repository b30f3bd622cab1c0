package answer

import (
	"fmt"
	"math"
	"strings"
	"time"

	"ringfence/store/view"
)

// ratified says what the regulators decided of a key; "" when they did not.
func ratified(k *view.KeyExplanation, zh bool) string {
	var said []string
	for i := range k.Ratified {
		said = append(said, ruling(&k.Ratified[i], zh))
	}
	return strings.Join(said, " ")
}

func ruling(r *view.Ratified, zh bool) string {
	pick := func(en, cn string, args ...any) string {
		if zh {
			return fmt.Sprintf(cn, append([]any{r.Index}, args...)...)
		}
		return fmt.Sprintf(en, append([]any{r.Index}, args...)...)
	}
	switch {
	case r.Revoked:
		return pick("The regulators have revoked ledger entry %d.", "监管机构已撤销账本条目 %d。")
	case r.Decides && r.Entry.Contested:
		return pick("Ratified by the regulators in ledger entry %d, through the day before %s; whoever holds the number contests it.", "监管机构以账本条目 %d 核准，有效至 %s 前一日；号码持有方已提出异议。", r.Until)
	case r.Decides:
		return pick("Ratified by the regulators in ledger entry %d, through the day before %s.", "监管机构以账本条目 %d 核准，有效至 %s 前一日。", r.Until)
	case r.Lapsed:
		return pick("Ledger entry %d has lapsed: the number changed hands, and it was not confirmed in time.", "账本条目 %d 已失效：号码已易主，且未按期确认。")
	case r.Stayed == math.MaxInt64:
		return pick("A regulator has stayed ledger entry %d, for 24 hours from the ledger's next tick.", "一家监管机构已暂停账本条目 %d，自账本下一次报时起 24 小时。")
	case r.Stayed > 0:
		return pick("A regulator has stayed ledger entry %d until %s.", "一家监管机构已暂停账本条目 %d，至 %s。", moment(r.Stayed))
	case r.From == math.MaxInt64:
		return pick("Ledger entry %d waits for the ledger's next tick to be in force.", "账本条目 %d 待账本下一次报时后生效。")
	case r.From > 0:
		return pick("Ledger entry %d is in force from %s.", "账本条目 %d 自 %s 起生效。", moment(r.From))
	}
	return pick("Ledger entry %d does not decide: another one does, or it is over.", "账本条目 %d 不起决定作用：由其他条目决定，或已到期。")
}

// moment writes a time of the ledger.
func moment(unix int64) string { return time.Unix(unix, 0).UTC().Format("2006-01-02 15:04 UTC") }
