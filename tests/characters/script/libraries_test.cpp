#include <set>

#include "script_fixture.hpp"

namespace unmuted::script {
namespace {

class LibrariesTest : public ScriptTest {};

TEST_F(LibrariesTest, BasicFunctions) {
  EXPECT_EQ(values("tostring(nil), tostring(1), tostring(1.0), tostring(true), tostring('x'), tostring({}), "
                   "tostring(print)"),
            json({"nil", "1", "1.0", "true", "x", "table", "function"}));
  EXPECT_EQ(values("tonumber('0x10'), tonumber('z', 36), tostring(tonumber('no'))"), json({16, 35, "nil"}));
  EXPECT_EQ(
      values("select('#', 1, nil, 3), (select(2, 'a', 'b')), type(nil), rawlen({1, 2}), rawequal(1, 1)"),
      json({3, "b", "nil", 2, true}));
  EXPECT_EQ(values("pcall(error, 'x', 0)"), json({false, "x"}));
  EXPECT_EQ(values("pcall(function(...) return ... end, 1, 2, 3)"), json({true, 1, 2, 3}));
  EXPECT_EQ(values("_VERSION, _G._G == _G, next({10})"), json({"Lua 5.4", true, 1, 10}));
}

TEST_F(LibrariesTest, CaughtErrorsNameTheirPlace) {
  EXPECT_EQ(values("pcall(function() error('bad') end)"), json({false, "test.lua:1: bad"}));
  EXPECT_EQ(values("pcall(function() string.rep() end)"),
            json({false, "test.lua:1: bad argument #1 to 'rep' (string expected, got no value)"}));
}

TEST_F(LibrariesTest, StringsAreAsInLua) {
  EXPECT_EQ(values("('abc'):byte(1, -1)"), json({97, 98, 99}));
  EXPECT_EQ(values("('abc'):byte(-1), #{('abc'):byte(10)}"), json({99, 0}));
  EXPECT_EQ(values("string.char(), string.char(72, 105)"), json({"", "Hi"}));
  EXPECT_EQ(values("('Ann'):len(), ('Ann'):lower(), ('Ann'):upper(), ('Ann'):reverse()"),
            json({3, "ann", "ANN", "nnA"}));
  EXPECT_EQ(value("('[`{@Zz'):lower() .. ('[`{@Zz'):upper()"), "[`{@zz[`{@ZZ");
  EXPECT_EQ(values("('ab'):rep(3), ('ab'):rep(3, ','), ('ab'):rep(1, ','), ('ab'):rep(0)"),
            json({"ababab", "ab,ab,ab", "ab", ""}));
  EXPECT_EQ(values("('hello'):sub(2, 4), ('hello'):sub(-3), ('hello'):sub(4, 2), ('hello'):sub(-100, 100)"),
            json({"ell", "llo", "", "hello"}));
  EXPECT_EQ(value("#'x' .. 1"), "11");
}

TEST_F(LibrariesTest, FormatIsAsInLua) {
  EXPECT_EQ(value("string.format('%d %5d|%-5d|%05d %+d', 1, 2, 3, 4, 5)"), "1     2|3    |00004 +5");
  EXPECT_EQ(value("string.format('%x %X %#x %o', 255, 255, 255, 8)"), "ff FF 0xff 10");
  EXPECT_EQ(value("string.format('%.2f %g %e %a', 1.005, 0.1, 12.5, 1)"), "1.00 0.1 1.250000e+01 0x1p+0");
  EXPECT_EQ(value("string.format('%s %10s|%-4s|%.2s', 'a', 'b', 'c', 'defg')"), "a          b|c   |de");
  EXPECT_EQ(value("string.format('%s %s %s %s', nil, true, 1.5, {})"), "nil true 1.5 table");
  EXPECT_EQ(value("string.format('100%%%c', 33)"), "100%!");
  EXPECT_EQ(value("string.format('%i', '10')"), "10");
  EXPECT_EQ(failure("string.format('%d', 1.5)").message,
            "bad argument #2 to 'format' (number has no integer representation)");
  EXPECT_EQ(failure("string.format('%d')").message,
            "bad argument #2 to 'format' (number expected, got no value)");
}

TEST_F(LibrariesTest, FormatQuotes) {
  EXPECT_EQ(value(R"(string.format('%q', 'a"b\\c\n\0001\1\r'))"), "\"a\\\"b\\\\c\\\n\\0001\\1\\13\"");
  EXPECT_EQ(value("string.format('%q %q %q %q', 1, true, nil, math.mininteger)"),
            "1 true nil 0x8000000000000000");
  EXPECT_EQ(value("string.format('%q %q', 0.5, 1 / 0)"), "0x1p-1 1e9999");
  EXPECT_EQ(failure("string.format('%q', {})").message,
            "bad argument #2 to 'format' (value has no literal form)");
}

TEST_F(LibrariesTest, TablesAreAsInLua) {
  State state(environment);
  const auto result = state.load("test.lua", R"(
    local t = { "a", "b", "c" }
    table.insert(t, "d")
    table.insert(t, 1, "z")
    local removed = { table.remove(t), table.remove(t, 1), table.remove({}) }
    local copy = table.move(t, 1, 3, 2, {})
    local shifted = table.move({ 1, 2, 3 }, 1, 3, 2)
    return { t = t, removed = removed, copy2 = copy[2], copy4 = copy[4], shifted = shifted,
             packed = table.pack(1, nil, 3).n, unpacked = { table.unpack({ 1, 2, 3 }, 2) },
             joined = table.concat(t, ", "), part = table.concat(t, "-", 2, 3), none = table.concat({}) }
  )");
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(*result, json::parse(R"({"t":["a","b","c"],"removed":["d","z"],"copy2":"a","copy4":"c",
    "shifted":[1,1,2,3],"packed":3,"unpacked":[2,3],"joined":"a, b, c","part":"b-c","none":""})"));
  EXPECT_EQ(failure("table.insert({}, 3, 'x')").message,
            "bad argument #2 to 'insert' (position out of bounds)");
  EXPECT_EQ(failure("table.remove({}, 3)").message, "bad argument #2 to 'remove' (position out of bounds)");
}

TEST_F(LibrariesTest, SortIsStable) {
  State state(environment);
  const auto result = state.load("test.lua", R"(
    local people = {}
    for i = 1, 200 do people[i] = { age = i % 3, order = i } end
    table.sort(people, function(a, b) return a.age < b.age end)
    for i = 2, 200 do
      local a, b = people[i - 1], people[i]
      assert(a.age < b.age or (a.age == b.age and a.order < b.order))
    end
    local words = { "pear", "apple", "fig" }
    table.sort(words)
    local numbers = {}
    for i = 1, 10000 do numbers[i] = (i * 7919) % 10007 end
    table.sort(numbers)
    for i = 2, 10000 do assert(numbers[i - 1] <= numbers[i]) end
    return words
  )");
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(*result, json({"apple", "fig", "pear"}));
}

TEST_F(LibrariesTest, TextFinds) {
  EXPECT_EQ(values("text.contains('hello', 'ell'), text.contains('hello', 'x'), text.contains('', '')"),
            json({true, false, true}));
  EXPECT_EQ(values("text.find('a.b.c', '.')"), json({2, 2}));
  EXPECT_EQ(values("text.find('a.b.c', '.', 3)"), json({4, 4}));
  EXPECT_EQ(values("tostring(text.find('a', 'b')), tostring(text.find('a', 'a', 9))"), json({"nil", "nil"}));
  EXPECT_EQ(values("text.starts('hello', 'he'), text.ends('hello', 'lo'), text.ends('lo', 'hello')"),
            json({true, true, false}));
}

TEST_F(LibrariesTest, TextSplits) {
  EXPECT_EQ(value("text.split('a,b,,c', ',')"), json({"a", "b", "", "c"}));
  EXPECT_EQ(value("text.split('', ',')"), json({""}));
  EXPECT_EQ(value("text.split('a--b', '--')"), json({"a", "b"}));
  EXPECT_EQ(value("text.split('né€😀', '')"), json({"n", "é", "€", "😀"}));
  EXPECT_EQ(value("text.words(\"Don't panic, it's twenty-one o’clock - l'été!\")"),
            json({"Don't", "panic", "it's", "twenty-one", "o’clock", "l'été"}));
  EXPECT_EQ(value("#text.words(' \\n.,!')"), 0);
  EXPECT_EQ(value("text.trim(' \\t a b \\r\\n')"), "a b");
}

TEST_F(LibrariesTest, TextLowersLettersOfEveryScript) {
  EXPECT_EQ(value("text.lower('ÉCOLE Straße ΑΒΓ 1!')"), "école straße αβγ 1!");
  EXPECT_EQ(value("text.lower('\\xff') == '\\xff'"), true);
}

TEST_F(LibrariesTest, TextReplaces) {
  EXPECT_EQ(
      values(
          "text.replace('a.b.c', '.', ', '), text.replace('aaa', 'aa', 'b'), text.replace('abc', 'x', 'y')"),
      json({"a, b, c", "ba", "abc"}));
}

TEST_F(LibrariesTest, JsonBothWays) {
  EXPECT_EQ(value("json.encode({b = {1, 2.5, 'x'}, a = {}})"), R"({"a":{},"b":[1,2.5,"x"]})");
  EXPECT_EQ(values("json.encode(nil), json.encode('é\\n'), json.encode(1.0)"),
            json({"null", "\"é\\n\"", "1.0"}));
  EXPECT_EQ(value("json.decode('{\"a\": [1, {\"b\": true}]}').a[2].b"), true);
  EXPECT_EQ(
      values("math.type(json.decode('1')), math.type(json.decode('1.0')), tostring(json.decode('null'))"),
      json({"integer", "float", "nil"}));
  const Failure failed = failure("json.decode('{oops}')");
  EXPECT_EQ(failed.kind, FailureKind::runtime);
  EXPECT_EQ(failed.message, "Malformed JSON at byte 2, at the end of: {o");
}

TEST_F(LibrariesTest, Utf8AndMath) {
  EXPECT_EQ(values("utf8.char(233, 8364), utf8.len('né'), utf8.codepoint('é')"), json({"é€", 2, 233}));
  EXPECT_EQ(values("math.floor(2.5), math.max(1, 3), math.tointeger(3.0), math.pi > 3.14"),
            json({2, 3, 3, true}));
}

TEST_F(LibrariesTest, RandomNumbersFollowTheSeed) {
  const std::string script =
      "math.random(1000), math.random(-5, 5), ctx.random(1000), ctx.choice({'a', 'b', 'c'}), ctx.sample({1, "
      "2, 3, 4, 5}, 5), "
      "math.random()";
  environment.seed = 7;
  const json first = values(script);
  EXPECT_EQ(values(script), first);
  environment.seed = 8;
  EXPECT_NE(values(script), first);
}

TEST_F(LibrariesTest, RandomNumbersAreTheSameOnEveryMachine) {
  environment.seed = 42;
  EXPECT_EQ(values("ctx.random(1000000), math.random(1000000), ctx.random(6)"), json({275414, 892292, 1}));
}

TEST_F(LibrariesTest, RandomNumbersCoverTheirRange) {
  State state(environment);
  const auto result = state.load("test.lua", R"(
    local seen = {}
    for i = 1, 1000 do
      seen[ctx.random(6)] = true
      local fraction = math.random()
      assert(fraction >= 0 and fraction < 1)
    end
    return seen
  )");
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(*result, json({true, true, true, true, true, true}));
}

TEST_F(LibrariesTest, SamplesAreDifferentElementsThatKeepTheirIdentity) {
  State state(environment);
  const auto result = state.load("test.lua", R"(
    local list = {}
    for i = 1, 20 do list[i] = { i } end
    local seen = {}
    local drawn = ctx.sample(list, 10)
    for _, element in ipairs(drawn) do
      assert(list[element[1]] == element)
      assert(not seen[element])
      seen[element] = true
    end
    return { drawn = #drawn, all = #ctx.sample(list, 100), none = #ctx.sample(list, 0) }
  )");
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(*result, json::parse(R"({"drawn":10,"all":20,"none":0})"));
}

TEST_F(LibrariesTest, LogsLines) {
  values("log('one', 2, nil, {}), print('two'), ctx.log(('x'):rep(60000))");
  failure("local t = {} for i = 1, 9999 do t[i] = '' end log(table.unpack(t))");
  ASSERT_EQ(logged.size(), 4U);
  EXPECT_EQ(logged[3], std::string(4096, '\t'));
  EXPECT_EQ(logged[0], "one\t2\tnil\ttable");
  EXPECT_EQ(logged[1], "two");
  EXPECT_EQ(logged[2].size(), 4096U);
}

}  // namespace
}  // namespace unmuted::script
