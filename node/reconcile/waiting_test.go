package reconcile

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ringfence/node/overlay"
	"ringfence/node/reconcile/internal/message"
	"ringfence/store/feed/feedtest"
)

// TestWhatWaitsIsCountedByItsHeaders counts the batches of a feed that wait for
// their time, also those that were signed while others waited; what a peer merely
// claims does not count, and who shows another header than it was asked for is
// dropped.
func TestWhatWaitsIsCountedByItsHeaders(t *testing.T) {
	bubble(t, func(t *testing.T, n *town) {
		node, good, bad, boaster := n.build("node"), n.build("good"), n.build("bad"), n.build("boaster")
		ago := int(good.now().Unix() - feedtest.Start - 60)
		chain := func(batches int) string {
			text := fmt.Sprintf("A0 <- A1 <- A2@%d", ago)
			for i := 3; i < batches; i++ {
				text += fmt.Sprintf(" <- A%d@0", i)
			}
			return text
		}
		const first, later = 300, 305 // more than the door is shown at once
		all := feedtest.Draw(t, chain(later))
		for i := range first {
			good.own(all.Batch(fmt.Sprintf("A%d", i)))
		}
		claim := headOf(all.Batch("A4"))
		claim.Sequence = 1 << 40
		bad.answer = liar{
			heads:  []Head{claim},
			header: func(s overlay.Stream) { say(s, message.EncodeBytes(all.Batch("A4").Signed)) },
		}.serve
		boaster.answer = liar{heads: []Head{claim}, header: func(s overlay.Stream) { say(s, message.EncodeBytes(nil)) }}.serve
		node.ahead.Store(int64(-24 * time.Hour))
		node.run()
		good.run()
		n.join(node, good)
		waiting := func() uint64 {
			if feeds := node.r.Standing().Feeds; len(feeds) == 1 && feeds[0].State == Waiting {
				return feeds[0].Waiting
			}
			return 0
		}
		within(t, 15*time.Second, "all but the two that are due wait", func() bool { return waiting() == first-2 })
		n.join(node, boaster)
		time.Sleep(time.Minute)
		if got := waiting(); got != first-2 {
			t.Errorf("%d batches wait by the word of a peer that shows none", got)
		}
		n.join(node, bad)
		within(t, 15*time.Second, "who shows another header is dropped", func() bool { return strings.Contains(node.why(bad), "another place") })
		for i := first; i < later; i++ {
			good.own(all.Batch(fmt.Sprintf("A%d", i)))
		}
		within(t, 15*time.Second, "those that were signed meanwhile are counted", func() bool { return waiting() == later-2 })
		node.ahead.Store(0)
		within(t, 10*time.Second, "nothing waits with the clock set right", func() bool { return waiting() == 0 && node.count() == later })
	})
}
