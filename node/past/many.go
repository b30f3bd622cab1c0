package past

import (
	"context"
	"errors"

	"ringfence/node/api"
	"ringfence/store/view"
)

// LookupMany implements api.Reader: all numbers are looked up as of one moment, whose list
// is computed once.
func (t *Teller) LookupMany(ctx context.Context, m api.LookupMany) ([]api.LookupAnswer, error) {
	q := api.Query{Country: m.Country, Caller: m.Caller, Lang: m.Lang, At: m.At}
	list, then := t.cfg.List(), asOf{}
	if q.At != "" {
		var err error
		if then, err = t.then(ctx, q.At); err != nil {
			return nil, err
		}
		list = then.list
	}
	answers := make([]api.LookupAnswer, 0, len(m.Numbers))
	for _, q.Number = range m.Numbers {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		one, err := t.lookup(list, q, &then)
		var refused *api.Error
		switch {
		case err == nil:
			answers = append(answers, api.LookupAnswer{Lookup: &one})
		case errors.As(err, &refused):
			answers = append(answers, api.LookupAnswer{Error: refused})
		default:
			return nil, err
		}
	}
	return answers, nil
}

// lookup looks a number up in a list: as it stands, or as it was.
func (t *Teller) lookup(list *view.List, q api.Query, then *asOf) (api.Lookup, error) {
	if q.At == "" {
		return t.cfg.Book().Lookup(list, q, t.cfg.Age())
	}
	if err := t.knows(then, q, func(r view.Ratified) bool { return r.Decides }); err != nil {
		return api.Lookup{}, err
	}
	out, err := t.cfg.Book().Lookup(list, q, t.cfg.Age())
	out.AsOf = then.tell(then.why.Phrase)
	return out, err
}
