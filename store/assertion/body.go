package assertion

import (
	"errors"
	"fmt"

	"ringfence/store/taxonomy"
	"ringfence/store/wire"
)

// BodyVersion is the only version of every body that this release knows. A
// known kind and version never gains fields: a new version is a new shape.
const BodyVersion = 1

// Body is what one kind of statement says: one of the body types of this
// package, by value. Sealed stands for any of them that is not for all.
type Body interface {
	// kind returns the kind whose body it is; 0 of a Sealed.
	kind() Kind
}

// judged is a body that has rules; the other kinds are judged by shape alone.
type judged interface {
	// check judges the body by itself and beside its envelope.
	check(s *Statement) Reason
}

// ErrUnknownBody says that a kind or body version is not known here. A newer
// release may know it: keep and forward such statements.
var ErrUnknownBody = errors.New("assertion: unknown kind or body version")

// KindOf returns the kind whose body b is; 0 of a Sealed, which does not tell.
func KindOf(b Body) Kind { return b.kind() }

func (Flag) kind() Kind        { return KindFlag }
func (Block) kind() Kind       { return KindBlock }
func (Retract) kind() Kind     { return KindRetract }
func (Reassign) kind() Kind    { return KindReassign }
func (Port) kind() Kind        { return KindPort }
func (Contest) kind() Kind     { return KindContest }
func (Answer) kind() Kind      { return KindAnswer }
func (Resource) kind() Kind    { return KindResource }
func (Line) kind() Kind        { return KindLine }
func (Authorize) kind() Kind   { return KindAuthorize }
func (Campaign) kind() Kind    { return KindCampaign }
func (Consent) kind() Kind     { return KindConsent }
func (Refusal) kind() Kind     { return KindRefusal }
func (Preference) kind() Kind  { return KindPreference }
func (Report) kind() Kind      { return KindReport }
func (Disposition) kind() Kind { return KindDisposition }
func (Penalty) kind() Kind     { return KindPenalty }
func (Referral) kind() Kind    { return KindReferral }
func (Notice) kind() Kind      { return KindNotice }
func (Tool) kind() Kind        { return KindTool }
func (Inspection) kind() Kind  { return KindInspection }
func (Trace) kind() Kind       { return KindTrace }
func (Tally) kind() Kind       { return KindTally }

// EncodeBody returns the canonical encoding of a body.
func EncodeBody(body Body) ([]byte, error) { return Encode(body) }

// SetBody makes s say body to all: it sets kind, body version and body, and
// the envelope version.
func (s *Statement) SetBody(body Body) error {
	b, err := EncodeBody(body)
	if err != nil {
		return err
	}
	s.Version, s.Kind, s.BodyVersion, s.Body = EnvelopeVersion, body.kind(), BodyVersion, b
	return nil
}

// DecodeBody reads the body of a kind and version, strictly. It returns
// ErrUnknownBody for a kind or version that it does not know. The caller
// bounds len(body).
func DecodeBody(kind Kind, version uint8, body []byte) (Body, error) {
	if version != BodyVersion || !kind.Known() {
		return nil, fmt.Errorf("%w: %v, body version %d", ErrUnknownBody, kind, version)
	}
	return bodyDecoders[kind](body)
}

var bodyDecoders = [...]func([]byte) (Body, error){
	KindFlag:        decodeFlag,
	KindBlock:       decodeAs[Block],
	KindRetract:     decodeAs[Retract],
	KindReassign:    decodeAs[Reassign],
	KindPort:        decodeAs[Port],
	KindContest:     decodeAs[Contest],
	KindAnswer:      decodeAs[Answer],
	KindResource:    decodeAs[Resource],
	KindLine:        decodeAs[Line],
	KindAuthorize:   decodeAs[Authorize],
	KindCampaign:    decodeAs[Campaign],
	KindConsent:     decodeAs[Consent],
	KindRefusal:     decodeAs[Refusal],
	KindPreference:  decodeAs[Preference],
	KindReport:      decodeAs[Report],
	KindDisposition: decodeAs[Disposition],
	KindPenalty:     decodeAs[Penalty],
	KindReferral:    decodeAs[Referral],
	KindNotice:      decodeAs[Notice],
	KindTool:        decodeAs[Tool],
	KindInspection:  decodeAs[Inspection],
	KindTrace:       decodeAs[Trace],
	KindTally:       decodeAs[Tally],
}

func decodeAs[T Body](b []byte) (Body, error) {
	var v T
	if err := Decode(b, &v); err != nil {
		return nil, err
	}
	return v, nil
}

const flagFields = 4

// decodeFlag reads a flag by hand: nearly all statements are flags, and this
// takes a tenth of the time. The tests hold it against Decode.
func decodeFlag(b []byte) (Body, error) {
	r := wire.NewReader("assertion: flag", b)
	r.Array("body", flagFields, flagFields)
	f := Flag{
		Category:   taxonomy.Category(r.Uint("category", 0xFFFF)),
		Label:      r.Text("label", MaxSealed),
		Confidence: uint16(r.Uint("confidence", 0xFFFF)),
		Reports:    uint32(r.Uint("reports", 0xFFFFFFFF)),
	}
	if err := r.End(); err != nil {
		return nil, err
	}
	return f, nil
}
