/* How the overview looks. Whoever changes a byte of the style changes the hash in the policy, too;
 * a test compares them. */
#include "api/overview.h"

const char overview_style[] =
	":root{color-scheme:light dark;--line:#767676;--soft:#eef1f4;--link:#0b57d0;--away:#8a3b00}"
	"@media(prefers-color-scheme:dark){"
	":root{--line:#8c8c8c;--soft:#22262b;--link:#8ab4f8;--away:#ffb27a}}"
	"body{font:1rem/1.45 system-ui,sans-serif;margin:0 auto;padding:1rem;max-width:90rem}"
	"a{color:var(--link)}"
	":focus-visible{outline:3px solid var(--link);outline-offset:2px}"
	".skip{position:absolute;left:-99rem}.skip:focus{position:static}"
	"h1{font-size:1.4rem;margin:.2rem 0}h2{font-size:1.2rem}h3{font-size:1rem}"
	"nav ul{display:flex;flex-wrap:wrap;gap:.5rem;list-style:none;padding:0}"
	"nav li a{display:block;padding:.3rem .8rem;border:1px solid var(--line);"
	"border-radius:.3rem;text-decoration:none}"
	"[aria-current]{background:var(--soft);font-weight:bold}"
	"form{display:flex;flex-wrap:wrap;gap:.5rem;align-items:center;margin:.6rem 0}"
	"input,select,button{font:inherit;padding:.2rem .4rem}input{width:22rem;max-width:100%}"
	".wide{overflow-x:auto}"
	"table{border-collapse:collapse;width:100%;font-size:.875rem}"
	"th,td{text-align:left;vertical-align:top;padding:.25rem .6rem;min-width:4.5rem;"
	"border-bottom:1px solid var(--line);overflow-wrap:anywhere}"
	"tbody th{font-weight:normal}thead th{background:var(--soft);white-space:nowrap}"
	"td:nth-last-child(-n+2){white-space:nowrap}"
	".away{color:var(--away)}.note{font-style:italic}";

const char overview_policy[] =
	"default-src 'none'; style-src 'sha256-+EBeATkvlqEqH/C3465cxfgD9ppQn2Eu/D2gVQBGF6w='; "
	"form-action 'self'; base-uri 'none'; "
	"frame-ancestors 'none'";
