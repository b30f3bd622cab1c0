package charter

import "ringfence/store/policy"

// The policy is a part of the charter with a package of its own; these are its
// names for those who meet it here.
type (
	Policy       = policy.Policy
	MemberWeight = policy.MemberWeight
	ByClass      = policy.ByClass
	Confidence   = policy.Confidence
)

// DefaultPolicy returns the policy that a new federation begins with.
func DefaultPolicy() Policy { return policy.Default() }
