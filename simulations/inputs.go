package simulations

import (
	"ringfence/simulations/data"
)

// input is what a publisher of the demo publishes.
type input struct {
	member  string
	file    string // as it is called
	mapping string // by which it is read
	country string // calling code that replaces the mapping's; "" keeps that
	text    func() ([]byte, error)
}

// inputs are the evidence publishers' files, in the order of publication.
func inputs() []input {
	part := func(of region) func() ([]byte, error) {
		return func() ([]byte, error) {
			whole, err := data.Read(data.FTCDaily)
			if err != nil {
				return nil, err
			}
			return partOf(whole, of)
		}
	}
	whole := func(name string) func() ([]byte, error) {
		return func() ([]byte, error) { return data.Read(name) }
	}
	return []input{
		{deskWest, data.FTCDaily, "ftc-daily", "", part(west)},
		{deskSouth, data.FTCDaily, "ftc-daily", "", part(south)},
		{deskRest, data.FTCDaily, "ftc-daily", "", part(rest)},
		{USNumbers, data.FTC90Days, "ftc-90days", "", whole(data.FTC90Days)},
		{esList, data.Spain, "plain-list", "34", whole(data.Spain)},
	}
}
