package dev.unlearn.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class UnseenTextTest {

  @Test
  void cutLike_oneLength() {
    // Two pieces of 3 from 7 tokens, one from 3, none from 2; what is left over is dropped.
    assertThat(UnseenText.cutLike(List.of(text(0, 7), text(10, 3), text(20, 2)), set(3)))
        .containsExactly(
            text(0, 3).withName("#0"), text(3, 3).withName("#0"), text(10, 3).withName("#1"));
  }

  @Test
  void cutLike_longestAndShortestFirst() {
    // The order of a round is 5, 2, 3, 4; in 9 tokens 5 and 2 fit, and 2 are left over.
    assertThat(UnseenText.cutLike(List.of(text(0, 9), text(10, 7)), set(3, 4, 5, 2)))
        .containsExactly(
            text(0, 5).withName("#0"),
            text(5, 2).withName("#0"),
            text(10, 3).withName("#1"),
            text(13, 4).withName("#1"));
  }

  @Test
  void cutLike_shortTextFirst() {
    // 5 does not fit into 4 and stays open; 2 is taken, then nothing fits until 5 does.
    assertThat(UnseenText.cutLike(List.of(text(0, 4), text(10, 3), text(20, 8)), set(2, 5)))
        .containsExactly(
            text(0, 2).withName("#0"), text(20, 5).withName("#2"), text(25, 2).withName("#2"));
  }

  @Test
  void cutLike_prompts() {
    ForgetSet set = ForgetSet.of(text(0, 3).withPromptLength(2), text(0, 4).withPromptLength(1));
    List<TokenSequence> unseen = List.of(text(0, 8).withPromptLength(7).withName("unseen"));
    assertThat(UnseenText.cutLike(unseen, set))
        .containsExactly(
            text(0, 4).withPromptLength(1).withName("unseen"),
            text(4, 3).withPromptLength(2).withName("unseen"));
  }

  @Test
  void cutLike_randomText() {
    Random random = new Random(13);
    for (int round = 0; round < 300; round++) {
      ForgetSet set = set(random.ints(1 + random.nextInt(6), 2, 20).toArray());
      List<TokenSequence> unseen = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        unseen.add(text(100 * i, 20 + random.nextInt(80)));
      }
      Collections.shuffle(unseen, random);

      List<TokenSequence> pieces = UnseenText.cutLike(unseen, set);
      assertThat(UnseenText.cutLike(unseen, set)).isEqualTo(pieces);
      assertThat(pieces.stream().flatMapToInt(piece -> IntStream.of(piece.ids())))
          .doesNotHaveDuplicates();
      for (TokenSequence piece : pieces) {
        int first = piece.id(0);
        assertThat(piece.ids()).isEqualTo(text(first, piece.length()).ids());
        assertThat(unseen)
            .anyMatch(t -> t.id(0) <= first && first + piece.length() <= t.id(0) + t.length());
      }
      // Text abounds here, so no round stays open for long: each length comes about as often.
      int rounds = pieces.size() / set.size();
      for (TokenSequence sequence : set.sequences()) {
        long same = set.sequences().stream().filter(s -> s.length() == sequence.length()).count();
        assertThat(pieces.stream().filter(p -> p.length() == sequence.length()).count())
            .isBetween(rounds * same, (rounds + 1) * same);
      }
    }
  }

  @Test
  void cutLike_nothing() {
    assertThatThrownBy(() -> UnseenText.cutLike(List.of(), set(3)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("unseen text must hold at least one sequence, but was empty");
  }

  @Test
  void cutLike_textTooShort() {
    assertThatThrownBy(() -> UnseenText.cutLike(List.of(text(0, 4), text(9, 3)), set(3, 5)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the longest unseen sequence (4 tokens) must be at least as long as the longest"
                + " sequence of the forget set (5 tokens)");
  }

  @Test
  void cutLike_textEndsBeforeShortest() {
    assertThatThrownBy(() -> UnseenText.cutLike(List.of(text(0, 7)), set(3, 5)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "unseen text must suffice for both the longest (5 tokens) and the shortest (3 tokens)"
                + " sequence of the forget set, but ends before the shortest");
  }

  private static TokenSequence text(int firstId, int length) {
    return TokenSequence.of(IntStream.range(firstId, firstId + length).toArray());
  }

  private static ForgetSet set(int... lengths) {
    return ForgetSet.of(IntStream.of(lengths).mapToObj(length -> text(0, length)).toList());
  }
}
