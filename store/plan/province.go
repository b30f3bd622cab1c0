package plan

// provinceNames are the provinces of GB/T 2260, by their two-digit codes, in
// the short form that carriers' files use.
var provinceNames = [100]string{
	11: "北京", 12: "天津", 13: "河北", 14: "山西", 15: "内蒙古",
	21: "辽宁", 22: "吉林", 23: "黑龙江",
	31: "上海", 32: "江苏", 33: "浙江", 34: "安徽", 35: "福建", 36: "江西", 37: "山东",
	41: "河南", 42: "湖北", 43: "湖南", 44: "广东", 45: "广西", 46: "海南",
	50: "重庆", 51: "四川", 52: "贵州", 53: "云南", 54: "西藏",
	61: "陕西", 62: "甘肃", 63: "青海", 64: "宁夏", 65: "新疆",
	71: "台湾", 81: "香港", 82: "澳门",
}

// ProvinceName returns the Chinese name of a GB/T 2260 province code, "" if
// there is none.
func ProvinceName(code int) string {
	if code < 0 || code >= len(provinceNames) {
		return ""
	}
	return provinceNames[code]
}

// provinceCode returns the code of a province's name, 0 if it is none.
func provinceCode(name string) int {
	for code, n := range provinceNames {
		if n == name && n != "" {
			return code
		}
	}
	return 0
}

// regionName joins a province and a city, and says a municipality once.
func regionName(province int, city string) string {
	name := ProvinceName(province)
	if city == "" || city == name {
		return name
	}
	return name + city
}
