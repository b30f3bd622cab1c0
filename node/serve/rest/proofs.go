package rest

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"ringfence/node/api"
)

// Moment, exported since the library passes over embedded fields that are not, asks how
// it was.
type Moment struct {
	At string `query:"at" maxLength:"64" doc:"How it was: a ledger size, a day (its beginning, UTC) or a time; now if left out"`
}

// lookupInput asks about one number, now or then.
type lookupInput struct {
	NumberInput
	Moment
}

// proofInput asks for a proof about one.
type proofInput struct {
	Number  string `path:"number" maxLength:"256" doc:"As written, dialled or received, percent-encoded"`
	Country string `query:"country" maxLength:"8" doc:"Calling code under which it is read; the node's own if left out"`
	What    string `query:"what" enum:"ratified,listed,absent" doc:"What to prove; what says most if left out"`
	Full    bool   `query:"full" doc:"Of what was ratified: with the votes, and the chain of regulators"`
	At      string `query:"at" maxLength:"64" doc:"Index of the ledger entry, or of an anchor; a day or a time; now if left out"`
}

// setsInput asks for the set-chain file.
type setsInput struct {
	Pin bool `query:"pin" doc:"With the newest checkpoint, for those who are to trust it"`
}

// registerProofs adds what strangers are shown.
func (f *face) registerProofs(a huma.API) {
	register(f, a, in(tagLedger, "A file that proves to strangers what was ratified, or what the list said", describe("prove", http.MethodGet, api.PathProof, reading())),
		func(ctx context.Context, in *proofInput) (api.Proof, error) {
			return f.Service.Prove(ctx, api.ProofQuery{Number: in.Number, Country: in.Country, What: in.What, Full: in.Full, At: in.At})
		})
	register(f, a, in(tagLedger, "The file of the regulators' changes, which proofs are verified with", describe("prove-sets", http.MethodGet, api.PathSets, reading())),
		func(ctx context.Context, in *setsInput) (api.Proof, error) { return f.Service.ProveSets(ctx, in.Pin) })
	register(f, a, in(tagLedger, "Who decides, who takes part, and by which rules", describe("constitution", http.MethodGet, api.PathFederation, reading())),
		func(ctx context.Context, in *Moment) (api.Constitution, error) {
			return f.Service.Constitution(ctx, in.At)
		})
}
