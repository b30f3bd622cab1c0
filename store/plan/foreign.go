package plan

import (
	"strings"

	"github.com/nyaruka/phonenumbers"

	"ringfence/store/number"
)

// foreignSource names where answers on countries without a plan come from.
// They carry no date: the metadata has none.
const foreignSource = "libphonenumber metadata (github.com/nyaruka/phonenumbers)"

// maxShort is the greatest length of a short code in the metadata.
const maxShort = 8

// unknownRegion is the metadata's region for calling codes it does not know.
const unknownRegion = "ZZ"

// readForeign is the number.Fallback of a Set.
func readForeign(c number.Country, digits string, dialled bool) (number.Number, bool) {
	region := phonenumbers.GetRegionCodeForCountryCode(int(c))
	if region == unknownRegion {
		return number.Number{}, false
	}
	text := digits
	if !dialled {
		text, region = "+"+c.String()+digits, unknownRegion
	}
	parsed, err := phonenumbers.Parse(text, region)
	if err != nil {
		return number.Number{}, false
	}
	if phonenumbers.IsValidNumber(parsed) {
		n, err := number.Parse(phonenumbers.Format(parsed, phonenumbers.E164))
		return n, err == nil
	}
	if dialled && len(digits) <= maxShort && shortCode(parsed, digits, region) {
		n, err := number.Service(c, digits)
		return n, err == nil
	}
	return number.Number{}, false
}

func shortCode(parsed *phonenumbers.PhoneNumber, digits, region string) bool {
	return phonenumbers.IsEmergencyNumber(digits, region) || phonenumbers.IsValidShortNumberForRegion(parsed, region)
}

// describeForeign asks the metadata for a number's class and its region, a
// two-letter code of ISO 3166.
func describeForeign(n number.Number) Info {
	region := phonenumbers.GetRegionCodeForCountryCode(int(n.Country()))
	if region == unknownRegion {
		return Info{}
	}
	info := Info{Region: region, Source: foreignSource}
	if n.Service() {
		info.Class = Service
		if phonenumbers.IsEmergencyNumber(n.NationalDigits(), region) {
			info.Class, info.Public = Emergency, true
		}
		return info
	}
	parsed, err := phonenumbers.Parse(n.String(), unknownRegion)
	if err != nil {
		return info
	}
	info.Class = foreignClass(phonenumbers.GetNumberType(parsed))
	if satellite(n) {
		info.Class = Satellite
	}
	if of := phonenumbers.GetRegionCodeForNumber(parsed); of != "" {
		info.Region = of
	}
	if info.Region == noRegion {
		info.Region = ""
	}
	return info
}

// noRegion is the metadata's region for calling codes of no country.
const noRegion = "001"

// satellite reports whether n is of a global satellite network, which the
// metadata does not tell apart. The codes are those of the ITU's list of shared
// country codes (E.164): 870 is Inmarsat, 881 the global mobile satellite
// systems (Iridium, Globalstar), 882 16 is Thuraya. The other networks under 882
// and 883 are on the ground.
func satellite(n number.Number) bool {
	switch n.Country() {
	case 870, 881:
		return true
	case 882:
		return strings.HasPrefix(n.NationalDigits(), "16")
	}
	return false
}

func foreignClass(t phonenumbers.PhoneNumberType) Class {
	switch t {
	case phonenumbers.FIXED_LINE:
		return Landline
	case phonenumbers.MOBILE:
		return Mobile
	case phonenumbers.FIXED_LINE_OR_MOBILE:
		return FixedOrMobile
	case phonenumbers.TOLL_FREE:
		return Freephone
	case phonenumbers.PREMIUM_RATE:
		return Premium
	case phonenumbers.SHARED_COST:
		return Shared
	case phonenumbers.VOIP:
		return VoIP
	case phonenumbers.PERSONAL_NUMBER, phonenumbers.UAN:
		return Personal
	case phonenumbers.PAGER:
		return Pager
	}
	return Unknown
}
