#include "conversation/spoken_text.hpp"

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conversation/words.hpp"
#include "core/utf8.hpp"

// What a voice is given of texts as models write them.

namespace unmuted {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Words = std::vector<std::string>;

Words words_of(const std::vector<std::string>& pieces) {
  SpokenText text;
  Words words;
  for (const std::string& piece : pieces) {
    for (std::string& word : text.feed(piece)) words.push_back(std::move(word));
  }
  for (std::string& word : text.finish()) words.push_back(std::move(word));
  return words;
}

/// The words with one space between them: what is heard, whatever the lines were.
std::string spoken(const std::string& text) {
  std::string result;
  for (const std::string& word : words_of({text})) {
    if (!result.empty()) result += ' ';
    result += without_space(word);
  }
  return result;
}

struct Example {
  std::string written, spoken;
};

const std::vector<Example>& examples() {
  static const std::vector<Example> all{
      // ---- Headings
      {"# Plan\n\nGo on.", "Plan Go on."},
      {"###### Deep\nText", "Deep Text"},
      {"####### Seven\nText", "####### Seven Text"},
      {"  ## Indented\nText", "Indented Text"},
      {"## Closed ##\nText", "Closed Text"},
      {"## Closed ##", "Closed"},
      {"# The # key #\nText", "The # key Text"},
      {"#hashtag first", "#hashtag first"},
      {"#1 is best, issue #5 is not", "#1 is best, issue #5 is not"},
      {"I write C# and F#. # is a sign", "I write C# and F#. # is a sign"},
      {"#\nText", "Text"},
      {"# **Bold** title\nText", "Bold title Text"},
      {"## 2. Methods\nText", "2. Methods Text"},
      {"Title\n=====\nText", "Title Text"},
      {"Title\n---\nText", "Title Text"},
      {"- # Heading in an item", "Heading in an item"},
      // ---- Rules
      {"One\n\n---\n\nTwo", "One Two"},
      {"One\n***\nTwo\n___\nThree\n- - -\nFour\n* * *\nFive", "One Two Three Four Five"},
      {"One\n" + std::string(700, '-') + "\nTwo", "One Two"},
      {"2 + 2\n=\n4", "2 + 2 = 4"},
      // ---- Lists
      {"- one\n- two", "one two"},
      {"* one\n* two", "one two"},
      {"+ one\n+ two", "one two"},
      {"• one\n• two", "one two"},
      {"•one\n•two", "one two"},
      {"– Bonjour, dit-il.\n— Bonsoir.", "– Bonjour, dit-il. — Bonsoir."},
      {"1. one\n2. two\n3. three", "one two three"},
      {"1) one\n2) two", "one two"},
      {"1. one\n1. two", "one two"},
      {"1. one\n   - inner\n\n2. two", "one inner two"},
      {"- one\n  - two\n    - three\n\t* four", "one two three four"},
      {"- - two at once", "two at once"},
      {"- * + three at once", "three at once"},
      {"- **First**, open", "First, open"},
      {"- [ ] to do\n- [x] done\n* [X] done", "to do done done"},
      {"- [sic] stays", "[sic] stays"},
      {"-\n- one\n-", "one"},
      {"It is - 5 degrees - today", "It is - 5 degrees - today"},
      {"-5 degrees", "-5 degrees"},
      {"+1 for that", "+1 for that"},
      {"1.5 litres", "1.5 litres"},
      {"2024. Then came", "2024. Then came"},
      {"24. Dezember ist Heiligabend.", "24. Dezember ist Heiligabend."},
      {"It was in\n12. That was", "It was in 12. That was"},
      {"42.", "42."},
      {"The answer is\n42", "The answer is 42"},
      {"1.", "1."},
      {"3 apples", "3 apples"},
      {"-- so be it", "-- so be it"},
      {"○○さん", "○○さん"},
      {"○ item", "item"},
      // ---- Quotes
      {"> Quoted\n> text\n>\n> > deep", "Quoted text deep"},
      {">Quoted", "Quoted"},
      {"> # Heading\n> - item", "Heading item"},
      {">5 people, 3 > 2", ">5 people, 3 > 2"},
      {">= 5", ">= 5"},
      // ---- Emphasis
      {"*Very* **good** ***indeed***", "Very good indeed"},
      {"_Very_ __good__ ___indeed___", "Very good indeed"},
      {"~~wrong~~ right", "wrong right"},
      {"**First**, open **second**: (*third*).", "First, open second: (third)."},
      {"**more than one word** here", "more than one word here"},
      {"*smiles* Done", "smiles Done"},
      {"*He said \"no\"*, then", "He said \"no\", then"},
      {"\"*Quoted*\" and *\"quoted\"*", "\"Quoted\" and \"quoted\""},
      {"**Note:** this", "Note: this"},
      {"**bold *and* italic**", "bold and italic"},
      {"***both** one* none", "both one none"},
      {"**_both_** and _**both**_", "both and both"},
      {"un*believable* and strong**ly** said", "unbelievable and strongly said"},
      {"这是**重点**内容", "这是重点内容"},
      {"这是**重点 内容**吧", "这是重点 内容吧"},
      {"这是**“引号”**测试。", "这是\"引号\"测试。"},
      {"これは**「重要」**です。", "これは「重要」です。"},
      {"参见**[链接](https://a.b)**和**`代码`**吧", "参见链接和代码吧"},
      {"Он сказал:**«Да!»**и ушёл", "Он сказал:«Да!»и ушёл"},
      {"说**“你好”**，读**《书》**和**（括号）**，**注意：**看", "说\"你好\"，读《书》和（括号），注意：看"},
      {"中**“一”**和**“二”**或**三**或***“四”***吧", "中\"一\"和\"二\"或三或\"四\"吧"},
      {"支持**“Hello World”**语法，**见 一下：**看 f**", "支持\"Hello World\"语法，见 一下：看 f**"},
      {"用API**“a b”**吧，中~~“错”~~对", "用API\"a b\"吧，中\"错\"对"},
      {"说：**“Go on”**，和**「重 要」**です", "说：\"Go on\"，和「重 要」です"},
      {"中**🙂好**文", "中 好文"},
      {"a**\"x\"**b and **Note:**this", "a\"x\"b and Note:this"},
      {"f**, sh**! x**(y+1) sh**-f** \"sh**\" 2**(n)**3 x**(n)**y",
       "f**, sh**! x**(y+1) sh**-f** \"sh**\" 2**(n)**3 x(n)y"},
      {"run *nix with f(*args, **kwargs) or *args", "run nix with f(args, kwargs) or args"},
      {"f**k…s**t, f**k/s**t un**believ**able x**y+a**b", "f**k…s**t, f**k/s**t unbelievable x**y+a**b"},
      {"my _private ^_^ and -_- ._. ;_; (^_^) T_T", "my private ^_^ and -_- ._. ;_; (^_^) T_T"},
      {"_one ^_^ two_ (_x_)", "one ^_^ two (x)"},
      {"^a.*b$; glob [a-z]* ^.*foo.*$ a.*b|c$ [a-z]*", "^a.*b$; glob [a-z]* ^.*foo.*$ a.*b|c$ [a-z]*"},
      {"Well.*sighs* It costs *($5)* *see [sic]*", "Well.sighs It costs ($5) see [sic]"},
      {"10%_of_it is 5%_x $_y #_z a=_b", "10%_of_it is 5%_x $_y #_z a=_b"},
      {"my_file.txt snake_case __init__ _private", "my_file.txt snake_case init private"},
      {"5*4 is 20, 2 * 3 is 6, 5*4*3", "5*4 is 20, 2 * 3 is 6, 5*4*3"},
      {"a * b, a*b*c, x**y", "a * b, a*b*c, x**y"},
      {"2**3 and 4 ** 2", "2**3 and 4 ** 2"},
      {"all *.txt and **/*.cpp", "all *.txt and **/*.cpp"},
      {"what the f*** is sh*t and f**k", "what the f*** is sh*t and f**k"},
      {"The A* search, a footnote*", "The A* search, a footnote*"},
      {"The ____ is ____, he said", "The ____ is ____, he said"},
      {"~5 minutes, ~/bin, a ~ b", "~5 minutes, ~/bin, a ~ b"},
      {"**A****B** **C**D**E**", "AB CDE"},
      {"**never closed and on\n\nNext* one", "never closed and on Next* one"},
      {"**so **it is", "so it is"},
      {"a ** b **", "a ** b **"},
      {"**🙂**", ""},
      {"*...well*, no", "...well, no"},
      {"**https://example.org**", "example.org"},
      // ---- Code
      {"Open `my_file.txt` now", "Open my_file.txt now"},
      {"`a*b*c` and `_x_` and `<b>` and `a & b`", "a*b*c and _x_ and <b> and a & b"},
      {"``a`b`` and `` `x` ``", "a`b and `x`"},
      {"`git commit -m x`.", "git commit -m x."},
      {"**`code`**, (`x`)", "code, (x)"},
      {"The ` key and *this*", "The key and this"},
      {"don`t and `so", "don't and so"},
      {"使用`foo`函数", "使用foo函数"},
      {"Run:\n```python\nprint(1)\n```\nDone.", "Run: Done."},
      {"Run:\n~~~\nprint(1)\n```\n~~~\nDone.", "Run: Done."},
      {"````\n```\ncode\n```\n````\nDone.", "Done."},
      {"```\nnever closed\n# *x*", ""},
      {"```python\nx = 1\n```", ""},
      {"Run: ```bash\nls\n``` and so on", "Run: and so on"},
      {"```\nls```\nDone.", "Done."},
      {"```ls -l``` lists", "ls -l lists"},
      {"- item\n  ```\n  code\n  ```\n- next", "item next"},
      {"> ```\n> code\n> ```\nDone.", "Done."},
      {"```", ""},
      // ---- Tables
      {"| a | b |\n|---|---|\n| c | d |\n\nText", "a, b, c, d, Text"},
      {"|a|b|\n|:--|--:|\n|c|d|", "a, b, c, d,"},
      {"| a | b\n|---|---\n| c | d", "a, b, c, d,"},
      {"Name | Age\n--- | ---\nAnn | 5\n\nEnd", "Name , Age, Ann, 5, End"},
      {"| **a** | `b|c` | [d](e) | |\n|-|-|-|-|\n| f\\|g | yes. | | h |", "a, b|c, d, f|g, yes. h,"},
      {"| a |\n|---|\n- item\n-|x\n--| y\n-:z", "a, item -|x --| y -:z"},
      {"-:x\n:-x\n| x", "-:x :-x | x"},
      {"| a |\n|---|\n-:x\n", "a, -:x"},
      {"| a |\n|---|\nText | more\nEnd\n# Title", "a, Text, more, End Title"},
      {"a | b", "a | b"},
      {"a | b\nand c", "a | b and c"},
      {"|x| is the amount", "|x| is the amount"},
      {"cat x | grep y || exit", "cat x | grep y || exit"},
      // ---- Links
      {"See [the page](https://example.org/a_b_c).", "See the page."},
      {"[text](<a b> \"title\") [text](/x 'title')", "text text"},
      {"[text](a_(b)_c) end", "text end"},
      {"[**bold** text](x)", "bold text"},
      {"**[bold](x)**!", "bold!"},
      {"[text][ref] and [text][]", "text and text"},
      {"[a](x)[b](y)", "a b"},
      {"[docs](http://x.y)and more, [cat](x)s, see[docs](https://x.y).", "docs and more, cats, see docs."},
      {"参见[链接](https://x.y)和[链接](x)吧", "参见链接和链接吧"},
      {"a[0](1) and f[i](x), f[i](x.y)", "a[0](1) and f[i](x), f[i](x.y)"},
      {"[ref]: https://example.org \"Title\"\nText", "Text"},
      {"[1]: <https://example.org>\nText", "Text"},
      {"[Ann]: Hello there", "[Ann]: Hello there"},
      {"Known[^1] and[^note].\n\n[^1]: The source.", "Known and. The source."},
      {"![A cat](cat.png) sleeps", "A cat sleeps"},
      {"[![build](b.svg)](https://x.org) ok", "build ok"},
      {"![](x.png)\nText", "Text"},
      {"![x](data:image/png;base64," + std::string(9'000, 'A') + ") end", "x end"},
      {"Really! [laughs] He wrote [sic] and a[0], a[0][1].",
       "Really! [laughs] He wrote [sic] and a[0], a[0][1]."},
      {"[laughs](softly)", "laughs"},
      {"[w](http://a.b 'T)') [w](http://a.b \"(T\") x", "w w x"},
      {"[w](http://a.b (T)) [a](b 'c d) e)') f", "w a f"},
      {"[w](http://a.b 'T) and on", "w and on"},
      {"[one] (two)", "[one] (two)"},
      {"[not a link](it is not one)", "[not a link](it is not one)"},
      {"never [closed and on", "never [closed and on"},
      {"<https://example.org/x?y> <me@example.org> <mailto:me@example.org>",
       "example.org me@example.org me@example.org"},
      {"https://example.org/a_b?c=d#e, (http://user@sub.example.org:80/x). HTTPS://EXAMPLE.org",
       "example.org, (sub.example.org). EXAMPLE.org"},
      {"mailto:a@b.c, (MAILTO:d@e.f?subject=x) mailto: it, me@x.org", "a@b.c, (d@e.f) mailto: it, me@x.org"},
      {"https://例え.jp/パス。次 https://中文.com/路 https://пример.рф/путь, да",
       "例え.jp。次 中文.com пример.рф, да"},
      {"见https://中文.com然后 https://中文.网址/路?x=路 http://然后 https://例え.jp:80。",
       "见中文.com然后 中文.网址 http://然后 例え.jp。"},
      {"www.example.org/path and/or example.org", "www.example.org and/or example.org"},
      {"请看https://example.org/a。然后", "请看example.org。然后"},
      {"https://münchen.example/x ja", "münchen.example ja"},
      {"https://example.org/" + std::string(5'000, 'a') + " end", "example.org end"},
      {"http:// is a scheme", "http:// is a scheme"},
      {"It is known【4:0†source】. 【12】", "It is known."},
      {"【重要】です", "【重要】です"},
      {"Known\uE200cite\uE202turn0search0\uE201.", "Known."},
      // ---- HTML
      {"one<br>two<br/>three <br /> four", "one two three four"},
      {"<b>First</b>, <i>x</i> H<sub>2</sub>O", "First, x H2O"},
      {"a<b>c, if a<s>c but un<b>believ</b>able", "a c, if a c but unbelievable"},
      {"<p>One</p><p>Two</p>", "One Two"},
      {"<div class=\"a b\">x</div>", "x"},
      {"<details open><summary>More</summary>text</details>", "More text"},
      {"a<!-- hidden\n\n*x* -->b <!---->c", "ab c"},
      {"<img src=\"x\" alt=\"A cat\"> sleeps", "A cat sleeps"},
      {"Text<script>alert(1)</script>end", "Text end"},
      {"a <STYLE type=\"x\">b { c: d } > e</Style > f", "a f"},
      {"<script>\nlet a = \"</b>\"; // *x*\n\nalert(a)\n</script>\nEnd", "End"},
      {"<style> \nb { c }</style> so\n<script></script>on", "so on"},
      {"The <script> tag and the <style> tag", "The tag and the tag"},
      {"The <script> tag\nand </script> ends, <scripts> and <script/> too", "The tag and ends, and too"},
      {"I <3 you, a < b, x<y, 1<2>0, a <= b", "I <3 you, a < b, x<y, 1<2>0, a <= b"},
      {"a <b and c> d, vector<int> v", "a <b and c> d, vector<int> v"},
      {"R&amp;D &lt;b&gt; it&#39;s &#x41; a&nbsp;b &hellip;", "R&D <b> it's A a b \u2026"},
      {"AT&T; R&D; Q&A &unknown; &#xD800;", "AT&T; R&D; Q&A &unknown; &#xD800;"},
      // ---- Escapes and formulas
      {"\\*not\\* \\_x\\_ \\# \\`a\\` 1\\. C:\\dir", "*not* _x_ # `a` 1. C:\\dir"},
      {"\\- not an item", "- not an item"},
      {"line\\\nnext \\\n\\\nlast\\", "line next last"},
      {"two\\\\\nC:\\ is", "two\\ C:\\ is"},
      {"It costs $5 or $6", "It costs $5 or $6"},
      {"So \\(x + y\\) and \\[z\\] and $$a+b$$", "So x + y and z and a+b"},
      // ---- Emoji
      {"Done🙂now", "Done now"},
      {"好😀！你好😀。（😀好）「😀好😀」再😀见，😀好…😀", "好！你好。（好）「好」再 见， 好…"},
      {"line one😀, line two😀؟ 😀«😀no😀»", "line one, line two؟ «no»"},
      {"Done 🙂", "Done"},
      {"Done🙂. (🙂) 🎉Yes!🎉", "Done. () Yes!"},
      {"👩‍👩‍👧 family 👍🏽 ok 🇫🇷 France 🏴󠁧󠁢󠁥󠁮󠁧󠁿",
       "family ok France"},
      {"1️⃣ one 1️⃣2️⃣", "1 one 1 2"},
      {"↗️ up ↗ up ❤️ love ☀ sun ✓ yes ★☆", "up ↗ up love sun yes"},
      {"20 °C © 2024 ™ 5 € ♯ № ½ →", "20 °C © 2024 ™ 5 € ♯ № ½ →"},
      {"✅ **Done**\n🔹 next", "Done next"},
      {"\U0001FAE9 new", "new"},
      // ---- Characters
      {"\u201CIt\u2019s\u201D \u2018so\u2019 \u00AB oui \u00BB", "\"It's\" 'so' \u00AB oui \u00BB"},
      {"a\u00A0b\u202Fc\u3000d\u2028e\u0085f", "a b c d e f"},
      {"\uFEFFin\u00ADvi\u200Bsi\u2060ble \u202Ax\u202C \u200E- y", "invisible x - y"},
      {"caf\uFFFD a\u009Bb", "caf ab"},
      {"می‌خواهم a\u200Cb", "می‌خواهم ab"},
      {"\uFEFF# Title", "Title"},
      {"one\r\ntwo\r\n- three\r\n", "one two three"},
  };
  return all;
}

TEST(SpokenText, IsWhatOneWouldRead) {
  for (const Example& example : examples())
    EXPECT_EQ(spoken(example.written), example.spoken) << example.written;
}

// ---- Words as they arrive ---------------------------------------------------------------------------------

TEST(SpokenText, KeepsTheWhiteSpaceBeforeAWord) {
  EXPECT_THAT(words_of({"One  two\nthree "}), ElementsAre("One", "  two", "\nthree"));
  EXPECT_THAT(words_of({" One"}), ElementsAre(" One"));
  EXPECT_THAT(words_of({std::string(100'000, ' ') + "a"}), ElementsAre(std::string(8, ' ') + "a"));
}

TEST(SpokenText, LeavesOneSpaceForWhatIsNotSpoken) {
  EXPECT_THAT(words_of({"one 🙂 two\n\n- three 🙂\n- four"}),
              ElementsAre("one", " two", "\n\nthree", " four"));
  EXPECT_THAT(words_of({"# 🙂 One"}), ElementsAre("One"));
  EXPECT_THAT(words_of({"a\u00A0b\u2028c"}), ElementsAre("a", " b", "\nc"));
}

TEST(SpokenText, EndsACellThatWasGivenBeforeItsTableWasKnown) {
  EXPECT_THAT(words_of({"Text\nFirst name | Age\n--- | ---\nAnn | 5"}),
              ElementsAre("Text", "\nFirst", " name", ",", " Age,", "\nAnn,", " 5,"));
  EXPECT_THAT(words_of({"名前 | 年齢\n--- | ---"}), ElementsAre("名前", ",", " 年齢,"));
  EXPECT_THAT(words_of({"Who? | Age\n--- | ---"}), ElementsAre("Who?", " Age,"));
  EXPECT_THAT(words_of({"Na\u200Bme | Age\u0002 | \u0005 | \u0086\u009b\n--- | --- | - | -"}),
              ElementsAre("Name", ",", " Age,"))
      << "what nobody hears is in no cell";
  EXPECT_THAT(words_of({"**Name** | Age\nno rule"}), ElementsAre("Name", " |", " Age", "\nno", " rule"));
}

TEST(SpokenText, OfNothingHasNoWords) {
  EXPECT_THAT(words_of({}), IsEmpty());
  for (const char* text :
       {"", " ", "\n\t", "🙂", "```\ncode\n```", "---", "<!-- -->", "- ", "# ", "**🙂**"}) {
    EXPECT_THAT(words_of({text}), IsEmpty()) << text;
  }
}

TEST(SpokenText, GivesAWordAsSoonAsItIsComplete) {
  SpokenText text;
  EXPECT_THAT(text.feed("Hello"), IsEmpty());
  EXPECT_THAT(text.feed(" "), ElementsAre("Hello"));
  EXPECT_THAT(text.feed("**you"), IsEmpty());
  EXPECT_THAT(text.feed(" all**"), ElementsAre(" you"));
  EXPECT_THAT(text.feed(" (2 "), ElementsAre(" all", " (2"));
  EXPECT_THAT(text.feed("* 3 "), ElementsAre(" *", " 3"));
  EXPECT_THAT(text.feed("my_file\n"), ElementsAre(" my_file"));
  EXPECT_THAT(text.feed("- item "), ElementsAre("\nitem"));
  EXPECT_THAT(text.feed("# "), ElementsAre(" #"));
  EXPECT_THAT(text.feed("a < "), ElementsAre(" a", " <"));
  EXPECT_THAT(text.feed("b [sic] "), ElementsAre(" b", " [sic]"));
  EXPECT_THAT(text.feed("`x` end"), ElementsAre(" x"));
  EXPECT_THAT(text.finish(), ElementsAre(" end"));
  EXPECT_THAT(text.finish(), IsEmpty());
}

TEST(SpokenText, HoldsOnlyWhatIsUndecided) {
  SpokenText text;
  EXPECT_THAT(text.feed("See [the best page](https://example.org/"), ElementsAre("See"));
  EXPECT_THAT(text.feed("x) now"), ElementsAre(" the", " best", " page"));
  EXPECT_THAT(text.feed("\n| a | b |"), ElementsAre(" now"));
  EXPECT_THAT(text.feed("\n"), ElementsAre("\na,", " b,"));
  EXPECT_THAT(text.feed("\n\n1. "), IsEmpty());
  EXPECT_THAT(text.feed("one `two three"), ElementsAre("\none"));
  EXPECT_THAT(text.feed("` "), ElementsAre(" two", " three"));
}

TEST(SpokenText, DoesNotHoldForLong) {
  for (const char* begin : {"[", "x [", "[a](b ", "[a](b '", "<script>", "[a][", "`", "<b x=", "<a b ",
                            "<a href=\"", "【", "| ", "| a | ", "a | ", "[a]: ", "[a", "1. [", "- ["}) {
    SpokenText text;
    std::size_t words = text.feed(begin).size();
    for (int i = 0; i < 300; ++i) words += text.feed("word ").size();
    EXPECT_GT(words, 90U) << begin;
    EXPECT_LT(words + text.finish().size(), 304U) << begin;
  }
}

TEST(SpokenText, LosesNoWordsThatItHeld) {
  std::string prose;
  for (int i = 0; i < 700; ++i) prose += " w" + std::to_string(i);
  for (const char* begin : {"[", "x [", "[a](b ", "`x", "<a b ", "<a href=\"", "【", "| a | ", "a | ",
                            "[a]: ", "[a](b '", "x <script>"}) {
    const std::string heard = spoken(begin + prose);
    EXPECT_TRUE(heard.ends_with(prose)) << begin << '\n' << heard;
  }
}

TEST(SpokenText, CutsWordsThatDoNotEnd) {
  std::string endless;
  for (int i = 0; i < 150; ++i) endless += "é";
  EXPECT_THAT(words_of({" " + endless}),
              ElementsAre(" " + endless.substr(0, max_word_bytes), endless.substr(max_word_bytes)));
  endless.insert(0, "x");
  const Words words = words_of({endless});
  ASSERT_EQ(words.size(), 2U);
  EXPECT_EQ(words[0].size(), max_word_bytes - 1);
  EXPECT_EQ(words[0] + words[1], endless);
}

TEST(SpokenText, DoesNotCutMarksInTwo) {
  for (std::size_t before = 180; before < 210; ++before) {
    std::string text, expected;
    for (const std::size_t length : {before, before + 1, before}) {
      text += "**" + std::string(length, 'x') + "**。";
      expected += std::string(length, 'x') + "。";
    }
    std::string heard;
    for (const std::string& word : words_of({text})) heard += word;
    EXPECT_EQ(heard, expected);
  }
}

TEST(SpokenText, LosesBytesThatAreNotUtf8) {
  EXPECT_THAT(words_of({"a\x80"
                        "b \xC3",
                        "c \xED\xA0\x80"
                        "d \xFF"
                        "e\xE2\x82"}),
              ElementsAre("ab", " c", " d", " e"));
  EXPECT_THAT(words_of({std::string("a\0b\x1B[c\x7F\x1F", 8)}), ElementsAre("ab[c"));
}

TEST(SpokenText, AfterTheEndIsAnother) {
  SpokenText text;
  EXPECT_THAT(text.feed("```\none\n[x \xC3"), IsEmpty());
  EXPECT_THAT(text.finish(), IsEmpty());
  EXPECT_THAT(text.feed("\xA9# **two "), ElementsAre("two"));
}

// ---- Any text ---------------------------------------------------------------------------------------------

using Random = std::mt19937;

std::vector<std::string> cut_anywhere(const std::string& text, std::size_t most, Random& random) {
  std::vector<std::string> pieces;
  for (std::size_t at = 0; at < text.size(); at += pieces.back().size()) {
    pieces.push_back(text.substr(at, 1 + random() % most));
  }
  return pieces;
}

/// Signs, words and white space in any order: mostly nonsense, often nearly something.
std::string some_text(Random& random) {
  static const std::vector<std::string> parts{
      " ",        " ",           " ",    "\n",      "\n",     "\n\n",   "word",   "a",      "5",      "é",
      "日本",     "*",           "**",   "***",     "_",      "__",     "~~",     "`",      "``",     "```",
      "~~~",      "#",           "##",   "-",       "--",     "---",    "+",      "=",      "==",     "1.",
      "2)",       "12",          "[",    "]",       "(",      ")",      "![",     "](",     "[^1]",   ":",
      "[x]",      "|",           " | ",  "|-|",     "|--|",   "<",      ">",      "<b>",    "</b>",   "<br>",
      "<!--",     "-->",         "&",    ";",       "&lt;",   "\\",     "/",      "$$",     "$",      "🙂",
      "👍🏽", "1️⃣",     "🇫🇷",   "\u200D",  "\uFE0F", "\u00AD", "\u00A0", "【",     "】",     "†",
      "https://", "example.org", "www.", ".",       ",",      "!",      "\"",     "'",      "\u201C", "•",
      "<script>", "</script>",   "\\\n", "mailto:", "@",      "「",     "。",     "中.jp/", " '",     "%_",
      "\xC3",     "\xF0\x9F",    "\t",   "\r\n"};
  std::string text;
  for (std::size_t i = 1 + random() % 40; i > 0; --i) text += parts[random() % parts.size()];
  if (random() % 20 == 0) text += std::string(random() % 3000, random() % 2 == 0 ? 'w' : '*');
  return text;
}

void check(const Words& words) {
  for (const std::string& word : words) {
    const std::string_view bare = without_space(word);
    ASSERT_TRUE(is_utf8(word));
    ASSERT_FALSE(bare.empty());
    ASSERT_EQ(bare.find_first_of(" \t\n\r\v\f\x1F"), std::string_view::npos) << word;
    ASSERT_LE(bare.size(), max_word_bytes);
    ASSERT_LE(word.size() - bare.size(), 8U);
  }
}

TEST(SpokenText, IsTheSameHoweverTheTextIsCut) {
  Random random(20);
  for (const Example& example : examples()) {
    const Words expected = words_of({example.written});
    check(expected);
    EXPECT_EQ(words_of(cut_anywhere(example.written, 1, random)), expected) << example.written;
    for (const std::size_t most : {3U, 7U, 20U}) {
      EXPECT_EQ(words_of(cut_anywhere(example.written, most, random)), expected) << example.written;
    }
  }
}

TEST(SpokenText, OfAnyMixtureIsTheSameHoweverItIsCut) {
  Random random(21);
  for (int round = 0; round < 5000; ++round) {
    const std::string text = some_text(random);
    const Words expected = words_of({text});
    check(expected);
    ASSERT_EQ(words_of(cut_anywhere(text, 1, random)), expected) << text;
    ASSERT_EQ(words_of(cut_anywhere(text, 9, random)), expected) << text;
  }
}

TEST(SpokenText, OfAnyBytesIsBoundedUtf8) {
  Random random(22);
  for (int round = 0; round < 1000; ++round) {
    std::string text(random() % 400, ' ');
    for (char& c : text) c = static_cast<char>(random() % 256);
    const Words expected = words_of({text});
    check(expected);
    ASSERT_EQ(words_of(cut_anywhere(text, 5, random)), expected);
  }
}

/// Sentences of many languages, with the punctuation that their prose has.
const std::vector<std::string>& prose_words() {
  static const std::vector<std::string> words{"The",
                                              "cat's",
                                              "(really)",
                                              "\"no\",",
                                              "well-known",
                                              "e.g.",
                                              "3.5",
                                              "10,000",
                                              "50%",
                                              "$5",
                                              "#1",
                                              "A/B",
                                              "and/or",
                                              "C++",
                                              "x=y",
                                              "-",
                                              "--",
                                              "—",
                                              "…",
                                              "@home",
                                              "a+b",
                                              "it:",
                                              "so;",
                                              "[sic]",
                                              "<3",
                                              "AT&T",
                                              "Q&A",
                                              "24.",
                                              "5*4",
                                              "2",
                                              "*",
                                              "3",
                                              "my_file",
                                              "f***",
                                              "~5",
                                              "Ça",
                                              "va?",
                                              "«",
                                              "l'été",
                                              "»",
                                              "œuvre",
                                              "naïve,",
                                              "Straße",
                                              "nein",
                                              "ß.",
                                              "¿Qué",
                                              "¡No!",
                                              "Ñandú",
                                              "привет,",
                                              "мир!",
                                              "Ελλάδα;",
                                              "שלום",
                                              "עולם.",
                                              "مرحبا",
                                              "بالعالم،",
                                              "می‌خواهم",
                                              "नमस्ते",
                                              "दुनिया।",
                                              "ক্ষ‍য়",
                                              "สวัสดีชาวโลก",
                                              "日本語です。",
                                              "「はい」",
                                              "中文，很好！",
                                              "한국어",
                                              "Việt",
                                              "İstanbul",
                                              "ქართული",
                                              "አማርኛ፡",
                                              "20°",
                                              "№5",
                                              "€7",
                                              "™",
                                              "½",
                                              "→",
                                              "x²",
                                              "C♯"};
  return words;
}

TEST(SpokenText, OfProseIsTheProse) {
  Random random(23);
  for (int round = 0; round < 2000; ++round) {
    std::string text = "So";
    Words expected{"So"};
    for (std::size_t i = random() % 60; i > 0; --i) {
      // A line begins with a word that cannot be a mark.
      const std::string space = random() % 8 == 0 ? "\nand " : " ";
      if (space != " ") expected.emplace_back("\nand");
      const std::string& word = prose_words()[random() % prose_words().size()];
      text += space + word;
      expected.push_back(" " + word);
    }
    const std::string straight = spoken(text);
    ASSERT_EQ(words_of({text}), expected) << text;
    ASSERT_EQ(spoken(straight), straight);
  }
}

TEST(SpokenText, OfSpokenTextIsThatText) {
  for (const char* text : {"Plan First, open my_file.txt 2 * 3 is 6, and 5*4 is 20",
                           "It's so, isn't it? \"Yes\", he said. Bye!", "a, b, c, d, Text"}) {
    EXPECT_EQ(spoken(text), text);
  }
}

}  // namespace
}  // namespace unmuted
