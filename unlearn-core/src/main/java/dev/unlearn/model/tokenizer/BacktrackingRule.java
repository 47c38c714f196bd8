package dev.unlearn.model.tokenizer;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a regular expression must keep to: it stays in bounds on every text.
 *
 * <p>The native engine, Oniguruma, backtracks, and ends the whole process after ten million steps
 * from one place of the text. So the steps are counted before it sees the expression. Each part can
 * match in some number of ways: a range of repetitions in as many as it has members, and one
 * without bound in as many as the text has characters. A part that can fail costs as many steps as
 * there are ways to match what is before it; so does one that takes much of the text each time, and
 * is not gone back into. At the end of an alternative, where nothing can fail, any number of ways
 * is harmless.
 *
 * <p>Only what the expressions of tokenizers use is understood: no backreference, no call, no
 * condition. All others are refused.
 */
final class BacktrackingRule {
  /** The longest text the bound holds for, in {@code char}s. */
  static final int MAX_TEXT = 1_000_000;

  private static final double MAX_STEPS = 9e6;
  private static final int MAX_LENGTH = 4_000;
  // Oniguruma recurses into groups, on the stack of the calling thread.
  private static final int MAX_DEPTH = 32;

  private static final Pattern GROUP = Pattern.compile("\\(\\?(?:[im]*(?:-[im]*)?:|<?[=!]|>)");
  private static final Pattern OPTION = Pattern.compile("\\(\\?[im]+\\)");
  private static final Pattern ESCAPE =
      Pattern.compile("\\\\(?:[pP]\\{[^{}]*}|x\\{[^{}]*}|[aAbBdDefhHnrsStuvwWxzZ]|[^a-zA-Z0-9])");
  private static final Pattern NAMED_CLASS = Pattern.compile("\\[:\\^?[a-z]+:]");
  private static final Pattern RANGE = Pattern.compile("\\{(\\d{1,3})(?:(,)(\\d{1,3})?)?}");

  private final String pattern;
  private final Deque<Group> open = new ArrayDeque<>();
  private Group group = new Group("");
  private int at;

  private BacktrackingRule(String pattern) {
    this.pattern = pattern;
  }

  /** Returns whether the expression is understood, and in bounds on texts up to the longest. */
  static boolean holds(String pattern) {
    return read(pattern).filter(group -> group.endedSteps <= MAX_STEPS).isPresent();
  }

  /** Returns whether the expression is understood, and never matches without a character. */
  static boolean consumes(String pattern) {
    return read(pattern).filter(group -> group.endedConsume).isPresent();
  }

  private static Optional<Group> read(String pattern) {
    if (pattern.length() > MAX_LENGTH) {
      return Optional.empty();
    }
    try {
      return Optional.of(new BacktrackingRule(pattern).read());
    } catch (NotUnderstood e) {
      return Optional.empty();
    }
  }

  private static final class NotUnderstood extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  /** What is known of a group so far, relative to where it begins. */
  private static final class Group {
    final String opening;
    // Of the alternative at hand: ways to match it, steps to try it, steps to try all its ways,
    // and whether it takes at least a character.
    double ways = 1;
    double steps;
    double allSteps;
    boolean consumes;
    // The same of the alternatives before.
    double endedWays;
    double endedSteps;
    double endedAllSteps;
    boolean endedConsume = true;
    // Whether it can match in more than one way, or tries to.
    boolean varies;
    // Whether a part of it, however deep, takes as much of the text as it can.
    boolean unbounded;

    Group(String opening) {
      this.opening = opening;
    }

    void part(boolean canFail, double partWays, double partSteps, double partAllSteps) {
      steps = canFail ? allSteps + times(ways, partSteps) : steps + partSteps;
      allSteps += times(ways, partAllSteps);
      ways *= partWays;
    }

    void endAlternative() {
      endedWays += ways;
      endedSteps += steps;
      endedAllSteps += allSteps;
      endedConsume &= consumes;
      consumes = false;
      ways = 1;
      steps = 0;
      allSteps = 0;
    }

    /** Steps of one that is not gone back into: those of taking what it takes count then. */
    double stepsAsOne() {
      return endedSteps + (unbounded ? MAX_TEXT : 0);
    }

    boolean looks() {
      return opening.endsWith("=") || opening.endsWith("!");
    }

    boolean behind() {
      return opening.startsWith("(?<");
    }

    private static double times(double ways, double steps) {
      return steps == 0 ? 0 : ways * steps;
    }
  }

  /** How often a part is repeated. */
  private record Repetition(int min, double max, boolean atomic) {
    static final Repetition ONCE = new Repetition(1, 1, false);

    double ways() {
      return atomic ? 1 : max - min + 1;
    }
  }

  private Group read() {
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
    group = new Group(pattern.substring(at, end));
    at = end;
  }

  private void close() {
    if (open.isEmpty()) {
      throw new NotUnderstood();
    }
    at++;
    Group body = group;
    body.endAlternative();
    group = open.pop();
    Repetition repetition = repetition();
    group.varies |= body.varies || repetition.max() > repetition.min();
    group.unbounded |= body.unbounded || repetition.max() == MAX_TEXT;
    if (body.looks()) {
      if (!repetition.equals(Repetition.ONCE) || (body.behind() && body.varies)) {
        throw new NotUnderstood();
      }
      double steps = Math.max(1, body.stepsAsOne());
      group.part(true, 1, steps, steps);
    } else {
      repeat(body, repetition);
    }
  }

  private void repeat(Group body, Repetition repetition) {
    boolean atomic = repetition.atomic() || body.opening.equals("(?>");
    boolean canFail = repetition.min() > 0;
    group.consumes |= canFail && body.endedConsume;
    double rounds = body.varies ? repetition.max() : 1;
    double steps = body.endedSteps * rounds;
    if (atomic) {
      steps = body.stepsAsOne() * rounds;
      group.part(canFail, repetition.ways(), steps, steps);
    } else if (repetition.max() <= 1) {
      double ways = body.endedWays + repetition.ways() - 1;
      group.part(canFail, ways, steps, body.endedAllSteps);
    } else if (!body.varies) {
      group.part(canFail, repetition.ways(), steps, body.endedAllSteps);
    } else if (repetition.min() <= 1) {
      // A round that fails ends the repetition, but to go back into it is without bound.
      group.part(canFail, Double.POSITIVE_INFINITY, steps, Double.POSITIVE_INFINITY);
    } else {
      throw new NotUnderstood();
    }
  }

  /** What matches one character, or a place between two. */
  private void single(boolean character) {
    Repetition repetition = repetition();
    group.consumes |= character && repetition.min() > 0;
    int steps = Math.min(1, repetition.min());
    boolean unbounded = repetition.max() == MAX_TEXT;
    group.varies |= repetition.max() > repetition.min();
    group.unbounded |= unbounded;
    group.part(
        steps > 0, repetition.ways(), steps, unbounded && repetition.atomic() ? MAX_TEXT : steps);
    if (at < pattern.length() && pattern.charAt(at) == '+') {
      // The engine takes {1,3}+ for ({1,3})+.
      at++;
      group.varies = true;
      group.part(false, Double.POSITIVE_INFINITY, 0, Double.POSITIVE_INFINITY);
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
      double max = range.group(2) == null ? min : MAX_TEXT;
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
    return new Repetition(sign == '+' ? 1 : 0, sign == '?' ? 1 : MAX_TEXT, atomic);
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
