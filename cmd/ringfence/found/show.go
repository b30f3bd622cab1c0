package found

import (
	"ringfence/cmd/ringfence/show"
	"ringfence/node/answer"
	"ringfence/store/charter"
)

// Show returns a genesis charter, or a draft of one, as it is shown.
func Show(path string, g *charter.Genesis) (*show.Charter, error) {
	state, err := charter.Preview(g)
	if err != nil {
		return nil, err
	}
	shown := &show.Charter{File: path}
	if shown.Constitution, err = answer.Constitution(state); err != nil {
		return nil, err
	}
	if shown.Missing, err = Unsigned(g); err != nil {
		return nil, err
	}
	shown.Differs, err = show.Differences(shown.Policy)
	return shown, err
}
