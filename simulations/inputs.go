package simulations

import (
	"ringfence/simulations/data"
	"ringfence/simulations/region"
)

// input is what a publisher of the demo publishes.
type input struct {
	member  string
	file    string // as it is called
	what    string // for people
	mapping string // by which it is read
	country string // calling code that replaces the mapping's; "" keeps that
	newest  string // creation day of the file's newest row; "" when rows have no dates
	text    func() ([]byte, error)
}

// inputs are the evidence publishers' files, in the order of publication.
func inputs() []input {
	part := func(of region.Region) func() ([]byte, error) {
		return func() ([]byte, error) {
			whole, err := data.Read(data.FTCDaily)
			if err != nil {
				return nil, err
			}
			return region.Part(whole, of)
		}
	}
	whole := func(name string) func() ([]byte, error) {
		return func() ([]byte, error) { return data.Read(name) }
	}
	const day, daily = "2025-04-16", "ftc-daily"
	return []input{
		{deskWest, data.FTCDaily, "FTC complaints of one day, from western states", daily, "", day, part(region.West)},
		{deskSouth, data.FTCDaily, "FTC complaints of one day, from southern states and DC", daily, "", day, part(region.South)},
		{deskRest, data.FTCDaily, "FTC complaints of one day, from everywhere else", daily, "", day, part(region.Rest)},
		{USNumbers, data.FTC90Days, "FTC complaints of 90 days, numbers only", "ftc-90days", "", "", whole(data.FTC90Days)},
		{esList, data.Spain, "Spanish nuisance numbers, no counts", "plain-list", "34", "", whole(data.Spain)},
	}
}
