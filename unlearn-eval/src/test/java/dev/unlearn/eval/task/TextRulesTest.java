package dev.unlearn.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Expected values are what the same rules give in Python. */
final class TextRulesTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "hello there|Hello there.",
        "I'm fine , thanks.how are you?|I'm fine, thanks.how are you?",
        "'  it IS  what it is ! isn''t it'|it is what it is! Isn't it.",
        "what?! i don't know|What?! I don't know.",
        "\"quoted\"|\"quoted\"",
        "yes (maybe)|Yes (maybe)",
        "e.g. this one. that|E.g. This one. That.",
        "i'll go , i said i'd|I'll go, I said I'd.",
        "ok...|Ok..."
      })
  void tidied_turn(String turn, String expected) {
    assertThat(DialogueItems.tidied(turn)).isEqualTo(expected);
  }

  @Test
  void f1_countsWordsWithRepetition() {
    // cat cat sat, and cat cat cat on mat: 2 of 3, and 2 of 5.
    assertThat(UnigramF1.of("The cat, a cat sat.", "cat cat cat on the mat"))
        .isCloseTo(0.5, within(1e-12));
    assertThat(UnigramF1.of("I'm in", "im out of it")).isCloseTo(1.0 / 3, within(1e-12));
  }

  @Test
  void f1_nothingInCommon() {
    assertThat(UnigramF1.of("", "")).isZero();
    assertThat(UnigramF1.of("the", "a")).isZero();
  }

  @Test
  void strip_knowsPythonsSpaces() {
    assertThat(PythonText.strip("\u00a0\u3000 a b \u0085\n")).isEqualTo("a b");
  }

  @Test
  void splitCount_asPythonSplits() {
    assertThat(PythonText.splitCount("")).isEqualTo(1);
    assertThat(PythonText.splitCount("a b\n\nc")).isEqualTo(3);
    assertThat(PythonText.splitCount(" a ")).isEqualTo(3);
  }

  @Test
  void capitalize_lowersTheRest() {
    assertThat(PythonText.capitalize("the MAN")).isEqualTo("The man");
    assertThat(PythonText.capitalize("")).isEmpty();
  }

  @Test
  void mathChoices_keepCommasWithoutSpace() {
    assertThat(QuestionItems.mathChoices("a ) rs . 1,500 , b ) 2 , 3 , c ) x , d ) - , e ) 9 , "))
        .isEqualTo(List.of("rs . 1,500", "2", "x", "-", "9"));
  }

  @Test
  void best_firstAtATie() {
    assertThat(ChoiceItem.best(List.of(-2.0, -1.0, -1.0))).isEqualTo(1);
    assertThat(ChoiceItem.best(List.of(Double.NEGATIVE_INFINITY, -3.0))).isEqualTo(1);
  }
}
