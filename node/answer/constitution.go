package answer

import (
	"time"

	"ringfence/node/api"
	"ringfence/store/charter"
	"ringfence/store/number"
)

// Constitution tells a constitution.
func Constitution(state *charter.State) (api.Constitution, error) {
	c := state.Charter()
	out := api.Constitution{
		Federation: state.Federation().String(), Name: c.Name, Created: time.Unix(c.Created, 0).UTC().Format(time.RFC3339), LedgerSize: state.Size(),
		Founders: []string{}, Regulators: []api.Regulator{}, Quorum: c.Quorum(), Members: []api.Member{}, Policy: c.Policy, Taxonomy: c.Taxonomy,
		Grants: []charter.RangeGrant{}, Protected: []number.Range{},
	}
	for _, f := range c.Founders {
		out.Founders = append(out.Founders, f.Member)
	}
	for _, r := range c.Regulators {
		out.Regulators = append(out.Regulators, api.Regulator{Member: r.Member, Jurisdiction: r.Jurisdiction, Vote: r.Vote.String(), Cosign: r.Cosign.String()})
	}
	for i, m := range state.Members() {
		out.Members = append(out.Members, api.Member{
			ID: m.ID, Name: m.Name, NameZh: m.NameZh, Roles: texts(m.Roles), Group: m.Group, Contact: m.Contact,
			Weight: state.Weight(i), Issuers: texts(m.Issuers), Hosts: texts(m.Hosts),
		})
	}
	for _, g := range c.Grants {
		r, err := number.RangeFromBytes([number.KeySize]byte(g.Range))
		if err != nil {
			return out, err
		}
		out.Grants = append(out.Grants, charter.RangeGrant{Range: r, Allocatee: g.Allocatee, ResoldTo: g.ResoldTo, HostedBy: g.HostedBy})
	}
	for _, b := range c.Protected {
		r, err := number.RangeFromBytes([number.KeySize]byte(b))
		if err != nil {
			return out, err
		}
		out.Protected = append(out.Protected, r)
	}
	return out, nil
}

func texts[T interface{ String() string }](list []T) []string {
	all := []string{}
	for _, v := range list {
		all = append(all, v.String())
	}
	return all
}
