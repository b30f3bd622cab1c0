package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"time"

	"ringfence/node/api"
	"ringfence/store/number"
)

// double is a Service whose answers are full of distinct values. It remembers
// what it was asked.
type double struct {
	rows int // that publish tells of, each twice

	fail    error                       // what every question is answered with
	publish func(context.Context) error // before the file is read
	work    func(context.Context) error // after the file is read
	late    error                       // of a stream, once it has begun
	dwell   func()                      // what a status takes, and an audit

	asked any    // the last question
	file  string // the last file
}

// full fills every field below v with a value that no other field has.
func full[T any]() T {
	var v T
	n := 0
	fill(reflect.ValueOf(&v).Elem(), &n)
	return v
}

func fill(v reflect.Value, n *int) {
	*n++
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i), n)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, n)
		fill(value, n)
		v.SetMapIndex(key, value)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[number.Range]() {
			r, err := number.ParseRange(fmt.Sprintf("+8613800%06d", *n))
			if err != nil {
				panic(err)
			}
			v.Set(reflect.ValueOf(r))
			return
		}
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(1_800_000_000+int64(*n), 0).UTC()))
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	case reflect.String:
		v.SetString(fmt.Sprintf("text %d <&> 标记", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat(float64(*n) / 8)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(*n))
	default:
		panic("no filling for " + v.Type().String())
	}
}

// told remembers a question and answers it.
func told[T any](d *double, question any) (T, error) {
	d.asked = question
	if d.fail != nil {
		var none T
		return none, d.fail
	}
	return full[T](), nil
}

func (d *double) Lookup(_ context.Context, q api.Query) (api.Lookup, error) {
	if strings.HasPrefix(q.Number, "!") {
		return api.Lookup{}, api.Errorf(api.BadInput, "%q is no number", q.Number)
	}
	answer, err := told[api.Lookup](d, q)
	if err == nil {
		answer.Number = q.Number
	}
	return answer, err
}

func (d *double) LookupMany(ctx context.Context, q api.LookupMany) ([]api.LookupAnswer, error) {
	if q.At == "never" {
		return nil, api.Errorf(api.BadInput, "%q is no moment", q.At)
	}
	answers := make([]api.LookupAnswer, len(q.Numbers))
	for i, n := range q.Numbers {
		l, err := d.Lookup(ctx, api.Query{Number: n, Country: q.Country, Caller: q.Caller, Lang: q.Lang, At: q.At})
		if errors.As(err, &answers[i].Error) {
			continue
		}
		answers[i].Lookup = &l
	}
	return answers, nil
}

func (d *double) Explain(_ context.Context, q api.Query) (api.Explanation, error) {
	return told[api.Explanation](d, q)
}

func (d *double) Statement(_ context.Context, ref string) (api.Statement, error) {
	return told[api.Statement](d, ref)
}

func (d *double) Status(ctx context.Context) (api.Status, error) {
	if d.dwell != nil {
		d.dwell()
	}
	if err := ctx.Err(); err != nil {
		return api.Status{}, err
	}
	return told[api.Status](d, nil)
}

func (d *double) Contests(_ context.Context, q api.ContestQuery) (api.Contests, error) {
	return told[api.Contests](d, q)
}

func (d *double) Peers(context.Context) (api.Peers, error) { return told[api.Peers](d, nil) }

func (d *double) Evidence(context.Context) (api.Evidence, error) { return told[api.Evidence](d, nil) }

func (d *double) Audit(context.Context) (api.Audit, error) {
	if d.dwell != nil {
		d.dwell()
	}
	return told[api.Audit](d, nil)
}

func (d *double) SayAgain(context.Context) (api.SayAgain, error) { return told[api.SayAgain](d, nil) }

func (d *double) Screen(_ context.Context, c api.Call) (api.Verdict, error) {
	return told[api.Verdict](d, c)
}

func (d *double) Enforce(_ context.Context, e api.Enforce) ([]api.Switch, error) {
	return told[[]api.Switch](d, e)
}

func (d *double) Publish(ctx context.Context, p api.Publish, file io.Reader, h api.Hearing) (api.Published, error) {
	if d.publish != nil {
		if err := d.publish(ctx); err != nil {
			return api.Published{}, err
		}
	}
	if h.Progress != nil {
		h.Progress(api.Progress{Phase: "reading", Total: p.Size})
	}
	text, err := io.ReadAll(file)
	if err != nil {
		return api.Published{}, fmt.Errorf("read file: %v", err) // as a reader would that forgets to wrap
	}
	d.file = string(text)
	for i := range d.rows {
		if err := h.Rejected(api.RejectedRow{Line: i, Reason: "blank"}); err != nil {
			return api.Published{}, err
		}
		if err := h.Receipt(api.ReceiptLine{Line: i, Statement: "bafy/1"}); err != nil {
			return api.Published{}, err
		}
	}
	if d.work != nil {
		if err := d.work(ctx); err != nil {
			return api.Published{}, err
		}
	}
	if d.late != nil {
		return api.Published{}, d.late
	}
	if h.Progress != nil {
		h.Progress(api.Progress{Phase: "reading", Done: int64(len(text)), Total: p.Size})
	}
	return told[api.Published](d, p)
}

func (d *double) Say(_ context.Context, s api.Say) (api.Said, error) { return told[api.Said](d, s) }

func (d *double) Retract(_ context.Context, r api.Retract) (api.Said, error) {
	return told[api.Said](d, r)
}

func (d *double) Publications(context.Context) ([]api.Publication, error) {
	return told[[]api.Publication](d, nil)
}

func (d *double) Lift(_ context.Context, head string) error {
	_, err := told[string](d, head)
	return err
}

func (d *double) ImportPlan(_ context.Context, p api.PlanImport, file io.Reader) (api.Plan, error) {
	var head strings.Builder
	if _, err := io.CopyN(&head, file, 1<<10); err != nil && err != io.EOF {
		return api.Plan{}, err
	}
	d.file = head.String()
	if _, err := io.Copy(io.Discard, file); err != nil {
		return api.Plan{}, err
	}
	return told[api.Plan](d, p)
}

func (d *double) RemovePlan(_ context.Context, country, date string) (api.Plan, error) {
	return told[api.Plan](d, []string{country, date})
}

func (d *double) Backup(_ context.Context, to io.Writer) error {
	if d.fail != nil {
		return d.fail
	}
	d.asked = nil
	for range 100 {
		if _, err := io.WriteString(to, strings.Repeat("backup ", 1000)); err != nil {
			return err
		}
	}
	return d.late
}

func (d *double) Token(_ context.Context, t api.TokenRequest) (api.Token, error) {
	return told[api.Token](d, t)
}

func (d *double) Tokens(context.Context) ([]api.Token, error) { return told[[]api.Token](d, nil) }

func (d *double) Revoke(_ context.Context, name string) error {
	_, err := told[string](d, name)
	return err
}

func (d *double) ProposeMotion(_ context.Context, p api.Proposal) (api.Proposed, error) {
	return told[api.Proposed](d, p)
}

func (d *double) Motions(_ context.Context, q api.MotionQuery) (api.Motions, error) {
	return told[api.Motions](d, q)
}

func (d *double) Motion(_ context.Context, id string) (api.Motion, error) {
	return told[api.Motion](d, id)
}

func (d *double) VoteMotion(_ context.Context, v api.MotionVote) (api.Motion, error) {
	return told[api.Motion](d, v)
}

func (d *double) WithdrawMotion(_ context.Context, id string) (api.Motion, error) {
	return told[api.Motion](d, id)
}

func (d *double) LedgerState(context.Context) (api.LedgerState, error) {
	return told[api.LedgerState](d, nil)
}

func (d *double) LedgerEntries(_ context.Context, q api.LedgerQuery) (api.LedgerEntries, error) {
	return told[api.LedgerEntries](d, q)
}

func (d *double) FeedHeads(_ context.Context, q api.FeedHeadQuery) (api.FeedHeads, error) {
	return told[api.FeedHeads](d, q)
}

func (d *double) QuorumState(context.Context) (api.QuorumState, error) {
	return told[api.QuorumState](d, nil)
}

func (d *double) RealignQuorum(context.Context, bool) (api.QuorumState, error) {
	return told[api.QuorumState](d, nil)
}

func (d *double) Prove(_ context.Context, q api.ProofQuery) (api.Proof, error) {
	return told[api.Proof](d, q)
}

func (d *double) ProveSets(_ context.Context, pin bool) (api.Proof, error) {
	return told[api.Proof](d, pin)
}

func (d *double) Constitution(_ context.Context, at string) (api.Constitution, error) {
	return told[api.Constitution](d, at)
}
