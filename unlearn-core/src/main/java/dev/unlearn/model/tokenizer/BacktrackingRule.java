package dev.unlearn.model.tokenizer;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a regular expression must keep to: it stays in bounds on every text up to some length.
 *
 * <p>The native engine, Oniguruma, backtracks, and ends the whole process after ten million steps
 * from one place of the text. So the steps are counted before it sees the expression. Each part can
 * match in some number of ways: a range of repetitions in as many as it has members, and one
 * without bound in as many as the text has characters. A part that can fail costs as many steps as
 * there are ways to match what is before it; so does one that takes much of the text each time, and
 * is not gone back into. At the end of an alternative, where nothing can fail, any number of ways
 * is harmless; what repetitions there cost, the text they take pays for, since none is taken twice.
 *
 * <p>The count grows with the text, so it gives the length up to which an expression is safe. Only
 * what the expressions of tokenizers use is understood: no backreference, no call, no condition.
 */
final class BacktrackingRule {
  /** The longest text there is a use for, in {@code char}s. */
  static final int MAX_TEXT = 1 << 24;

  private static final int MIN_TEXT = 1_000;
  private static final double MAX_STEPS = 9e6;
  private static final int MAX_LENGTH = 4_000;
  // Oniguruma recurses into groups, on the stack of the calling thread.
  private static final int MAX_DEPTH = 32;

  private static final String SET =
      "(?:\\[(?:[^\\[\\]\\\\&]|\\\\[a-zA-Z])+]|\\\\[dDnrsStwW]|\\\\[pP]\\{[^{}]*})";
  private static final Pattern GROUP = Pattern.compile("\\(\\?(?:[ims]*(?:-[ims]*)?:|<?[=!]|>)");
  private static final Pattern OPTION = Pattern.compile("\\(\\?[im]+\\)");
  private static final Pattern ESCAPE =
      Pattern.compile("\\\\(?:[pP]\\{[^{}]*}|x\\{[^{}]*}|[aAbBdDefhHnrsStuvwWxzZ]|[^a-zA-Z0-9])");
  // Of two character sets: as many of one as there are, then one or more of the other.
  private static final Pattern RUN_THEN_END =
      Pattern.compile("\\(\\?:SET[*+]SET\\+?\\)".replace("SET", SET));
  private static final Pattern NAMED_CLASS = Pattern.compile("\\[:\\^?[a-z]+:]");
  private static final Pattern RANGE = Pattern.compile("\\{(\\d{1,3})(?:(,)(\\d{1,3})?)?}");

  private final String pattern;
  private final double longest;
  private final Deque<PatternGroup> open = new ArrayDeque<>();
  private PatternGroup group = new PatternGroup("", 0);
  private int at;

  private BacktrackingRule(String pattern, double longest) {
    this.pattern = pattern;
    this.longest = longest;
  }

  /**
   * What is known of an expression.
   *
   * @param longestText the length in {@code char}s of the longest text it is safe with; 0 if it is
   *     so with none of use
   * @param consumes whether it never matches without a character
   */
  record Bounds(int longestText, boolean consumes) {}

  /** Returns what is known of an expression, or nothing if it is not understood. */
  static Optional<Bounds> of(String pattern) {
    if (pattern.length() > MAX_LENGTH) {
      return Optional.empty();
    }
    try {
      return Optional.of(new Bounds(longestText(pattern), read(pattern, MIN_TEXT).endedConsume));
    } catch (NotUnderstood e) {
      return Optional.empty();
    }
  }

  private static int longestText(String pattern) {
    if (!isSafe(pattern, MIN_TEXT)) {
      return 0;
    }
    int safe = MIN_TEXT;
    int unsafe = MAX_TEXT + 1;
    while (unsafe - safe > 1) {
      int length = (safe + unsafe) >>> 1;
      if (isSafe(pattern, length)) {
        safe = length;
      } else {
        unsafe = length;
      }
    }
    return safe;
  }

  private static boolean isSafe(String pattern, int length) {
    PatternGroup all = read(pattern, length);
    return all.endedFixed + PatternGroup.times(all.endedPerCharacter, length) <= MAX_STEPS;
  }

  private static PatternGroup read(String pattern, int longest) {
    return new BacktrackingRule(pattern, longest).read();
  }

  private static final class NotUnderstood extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  /** How often a part is repeated. */
  private record Repetition(int min, double max, boolean atomic) {
    static final Repetition ONCE = new Repetition(1, 1, false);

    double ways() {
      return atomic ? 1 : max - min + 1;
    }
  }

  private PatternGroup read() {
    Matcher option = matcher(OPTION);
    at = option.lookingAt() ? option.end() : 0;
    while (at < pattern.length()) {
      switch (pattern.charAt(at)) {
        case '(' -> open();
        case ')' -> close();
        case '|' -> {
          group.endAlternative();
          group.varies = true;
          at++;
        }
        case '[' -> {
          skipClass();
          single(true);
        }
        case '\\' -> {
          boolean place =
              "AbBzZ".indexOf(pattern.charAt(Math.min(at + 1, pattern.length() - 1))) >= 0;
          at = end(ESCAPE);
          single(!place);
        }
        case '^', '$' -> {
          at++;
          single(false);
        }
        case '?', '*', '+', '{' -> throw new NotUnderstood();
        default -> {
          at++;
          single(true);
        }
      }
    }
    if (!open.isEmpty()) {
      throw new NotUnderstood();
    }
    group.endAlternative();
    return group;
  }

  private void open() {
    boolean plain = !pattern.startsWith("(?", at) && !pattern.startsWith("(*", at);
    int end = plain ? at + 1 : end(GROUP);
    open.push(group);
    if (open.size() > MAX_DEPTH) {
      throw new NotUnderstood();
    }
    group = new PatternGroup(pattern.substring(at, end), at);
    at = end;
  }

  private void close() {
    if (open.isEmpty()) {
      throw new NotUnderstood();
    }
    at++;
    PatternGroup body = group;
    body.endAlternative();
    group = open.pop();
    boolean runThenEnd = RUN_THEN_END.matcher(pattern).region(body.start, at).matches();
    Repetition repetition = repetition();
    group.varies |= body.varies || repetition.max() > repetition.min();
    group.unbounded |= body.unbounded || repetition.max() == longest;
    if (body.looks()) {
      if (!repetition.equals(Repetition.ONCE) || (body.behind() && body.varies)) {
        throw new NotUnderstood();
      }
      double steps = Math.max(1, body.stepsAsOne(longest));
      group.part(true, 1, steps, 0, steps);
    } else {
      repeat(body, repetition, runThenEnd);
    }
  }

  private void repeat(PatternGroup body, Repetition repetition, boolean runThenEnd) {
    boolean canFail = repetition.min() > 0;
    group.consumes |= canFail && body.endedConsume;
    if (repetition.atomic() || body.opening.equals("(?>")) {
      double steps = body.stepsAsOne(longest) * (body.varies ? repetition.max() : 1);
      group.part(canFail, repetition.ways(), steps, 0, steps);
    } else if (repetition.max() <= 1) {
      double ways = body.endedWays + repetition.ways() - 1;
      group.part(canFail, ways, body.endedFixed, body.endedPerCharacter, body.endedAllSteps);
    } else if (!body.varies) {
      group.part(canFail, repetition.ways(), body.endedFixed, 0, body.endedAllSteps);
    } else {
      repeatVaried(body, repetition, runThenEnd);
    }
  }

  private void repeatVaried(PatternGroup body, Repetition repetition, boolean runThenEnd) {
    boolean unbounded = repetition.max() == longest;
    double ways = unbounded ? Double.POSITIVE_INFINITY : 0;
    double paths = ways;
    if (!unbounded) {
      for (int rounds = 0; rounds <= repetition.max(); rounds++) {
        double more = Math.pow(body.endedWays, rounds);
        ways += rounds < repetition.min() ? 0 : more;
        paths += rounds < repetition.max() ? more : 0;
      }
    }
    double allSteps = PatternGroup.times(paths, Math.max(1, body.endedAllSteps));
    double fixed = body.endedFixed;
    double perCharacter = body.endedFixed + body.endedPerCharacter;
    if (repetition.min() > 1) {
      fixed = allSteps; // A round that fails goes back into the ones before.
      perCharacter = 0;
    } else if (runThenEnd) {
      // A round ends at the last place it can, and so the one after a round that went back fails:
      // a run is gone back through twice at most.
      fixed = 2 * longest;
      perCharacter = 2;
    } else if (!body.endedConsume) {
      fixed =
          PatternGroup.times(
              repetition.max(),
              body.endedFixed + PatternGroup.times(body.endedPerCharacter, longest));
      perCharacter = 0;
    }
    // With fewer, a round that fails ends the repetition, and the rounds before stand.
    group.part(repetition.min() > 0, ways, fixed, perCharacter, allSteps);
  }

  /** What matches one character, or a place between two. */
  private void single(boolean character) {
    Repetition repetition = repetition();
    group.consumes |= character && repetition.min() > 0;
    int steps = Math.min(1, repetition.min());
    boolean unbounded = repetition.max() == longest;
    group.varies |= repetition.max() > repetition.min();
    group.unbounded |= unbounded;
    group.part(
        steps > 0, repetition.ways(), steps, 0, unbounded && repetition.atomic() ? longest : steps);
    if (at < pattern.length() && pattern.charAt(at) == '+') {
      // The engine takes {1,3}+ for ({1,3})+.
      at++;
      group.varies = true;
      group.part(false, Double.POSITIVE_INFINITY, 0, 0, Double.POSITIVE_INFINITY);
    }
  }

  private Repetition repetition() {
    if (at == pattern.length() || "?*+{".indexOf(pattern.charAt(at)) < 0) {
      return Repetition.ONCE;
    }
    char sign = pattern.charAt(at);
    if (sign == '{') {
      Matcher range = matcher(RANGE);
      if (!range.lookingAt()) {
        throw new NotUnderstood();
      }
      at = range.end();
      int min = Integer.parseInt(range.group(1));
      double max = range.group(2) == null ? min : longest;
      if (range.group(3) != null) {
        max = Integer.parseInt(range.group(3));
      }
      if (max < min || max == 0) {
        throw new NotUnderstood();
      }
      return new Repetition(min, max, false);
    }
    at++;
    boolean suffix = at < pattern.length() && "?+".indexOf(pattern.charAt(at)) >= 0;
    boolean atomic = suffix && pattern.charAt(at) == '+';
    if (suffix) {
      at++;
    }
    return new Repetition(sign == '+' ? 1 : 0, sign == '?' ? 1 : longest, atomic);
  }

  private void skipClass() {
    int depth = 0;
    do {
      char c = pattern.charAt(at);
      if (c == '\\') {
        at = end(ESCAPE);
      } else if (pattern.startsWith("[:", at)) {
        at = end(NAMED_CLASS);
      } else {
        boolean opens = c == '[';
        depth += opens ? 1 : c == ']' ? -1 : 0;
        at += opens && pattern.startsWith("[^", at) ? 2 : 1;
        // Engines differ on a bracket that closes at once.
        if (opens && pattern.startsWith("]", at)) {
          throw new NotUnderstood();
        }
      }
      if (at >= pattern.length() && depth > 0) {
        throw new NotUnderstood();
      }
    } while (depth > 0);
  }

  private int end(Pattern construct) {
    Matcher matcher = matcher(construct);
    if (!matcher.lookingAt()) {
      throw new NotUnderstood();
    }
    return matcher.end();
  }

  private Matcher matcher(Pattern construct) {
    return construct.matcher(pattern).region(at, pattern.length());
  }
}
