package calls

import "ringfence/node/api"

// Field is one thing that is known of a call: a flag, and a column.
type Field struct {
	Name, About string                  // About marks the flag's value by backquotes
	Of          func(*api.Call) *string // where it stands
}

// Fields returns what can be told of a call, in the order in which it is shown.
func Fields() []Field {
	return []Field{
		{"caller", "calling `number` as presented", func(c *api.Call) *string { return &c.Caller }},
		{"called", "called `number`", func(c *api.Call) *string { return &c.Called }},
		{"asserted", "calling `number` as the network vouches for it", func(c *api.Call) *string { return &c.Asserted }},
		{"redirecting", "`number` that sent the call on", func(c *api.Call) *string { return &c.Redirecting }},
		{"ingress", "`class` of the trunk: national, international, enterprise or reseller", func(c *api.Call) *string { return &c.Ingress }},
		{"trunk", "`name` of the trunk", func(c *api.Call) *string { return &c.Trunk }},
		{"screening", "screening `indicator`: user_not_verified, user_passed, user_failed or network_provided", func(c *api.Call) *string { return &c.Screening }},
		{"roaming", "whether the calling mobile is abroad: `yes`, no or unknown", func(c *api.Call) *string { return &c.Roaming }},
		{"attest", "attestation `level`: A, B or C", func(c *api.Call) *string { return &c.Attest }},
		{"medium", "`medium`: voice, video, sms, mms or rcs", func(c *api.Call) *string { return &c.Medium }},
		{"at", "`time` of the call, RFC 3339 (default now)", func(c *api.Call) *string { return &c.At }},
	}
}
