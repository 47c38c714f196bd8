package dev.unlearn.model.tokenizer;

/** What {@link BacktrackingRule} knows of a group so far, relative to where it begins. */
final class PatternGroup {
  final String opening;
  final int start;
  // Of the alternative at hand: ways to match it; steps to try it, whether it fails or not, and
  // those for each character it takes if it does not; steps to try all its ways; and whether it
  // takes at least a character.
  double ways = 1;
  double fixed;
  double perCharacter;
  double allSteps;
  boolean consumes;
  // The same of the alternatives before.
  double endedWays;
  double endedFixed;
  double endedPerCharacter;
  double endedAllSteps;
  boolean endedConsume = true;
  // Whether it can match in more than one way, or tries to.
  boolean varies;
  // Whether a part of it, however deep, takes as much of the text as it can.
  boolean unbounded;

  PatternGroup(String opening, int start) {
    this.opening = opening;
    this.start = start;
  }

  void part(
      boolean canFail,
      double partWays,
      double partFixed,
      double partPerCharacter,
      double partAllSteps) {
    if (canFail) {
      fixed = allSteps + times(ways, partFixed);
      perCharacter = partPerCharacter;
    } else {
      fixed += partFixed;
      perCharacter += partPerCharacter;
    }
    allSteps += times(ways, partAllSteps);
    ways *= partWays;
  }

  void endAlternative() {
    endedWays += ways;
    endedFixed += fixed;
    endedPerCharacter += perCharacter;
    endedAllSteps += allSteps;
    endedConsume &= consumes;
    consumes = false;
    ways = 1;
    fixed = 0;
    perCharacter = 0;
    allSteps = 0;
  }

  /** Steps of one that is not gone back into: those of taking what it takes count then. */
  double stepsAsOne(double longest) {
    return endedFixed + times(endedPerCharacter, longest) + (unbounded ? longest : 0);
  }

  boolean looks() {
    return opening.endsWith("=") || opening.endsWith("!");
  }

  boolean behind() {
    return opening.startsWith("(?<");
  }

  /** Infinitely many of nothing are nothing, too. */
  static double times(double ways, double steps) {
    return ways == 0 || steps == 0 ? 0 : ways * steps;
  }
}
