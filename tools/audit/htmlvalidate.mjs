// What html-validate is asked for: the rules of the HTML standard, of accessibility and of complete documents. A rule is off here where it
// prescribes a habit that is not ours; what breaks a rule that is on, and stays, has its reason in ../audit.md.
export default {
	root: true,
	extends: ['html-validate:recommended', 'html-validate:document', 'html-validate:a11y'],
	rules: {
		// Spelling that means the same to a browser.
		'doctype-style': 'off',
		'no-implicit-button-type': 'off',
		'no-implicit-input-type': 'off',
		// Safari takes a list without bullets for no list, unless it has the role.
		'no-redundant-role': 'off',
		'prefer-native-element': 'off',
		// Scripts and styles are ours, from our host, under a path that holds their hash.
		'require-sri': ['error', { target: 'crossorigin' }],
		// Rows of a list have one name each, and are read in their order.
		'form-dup-name': 'off',
		// Titles hold names that people chose.
		'long-title': 'off',
		// Keys of fields are Zapier's and stand in ids, which only links use.
		'valid-id': ['error', { relaxed: true }],
	},
};
