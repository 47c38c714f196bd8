package dev.unlearn.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.attack.GroupedSequences;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class PartsTest {
  private static final TokenSequence ANY = TokenSequence.of(1, 2);

  @Test
  void draw_eachOnce() {
    GroupedSequences texts = GroupedSequences.byName(Collections.nCopies(10, ANY));
    Parts parts = Parts.draw(texts, 4, 1, "texts");

    assertThat(parts.shared()).hasSize(4).doesNotContainAnyElementsOf(parts.heldOut());
    assertThat(parts.heldOut()).hasSize(6).isSorted();
    assertThat(Parts.draw(texts, 4, 1, "texts")).isEqualTo(parts);
    assertThat(Parts.draw(texts, 4, 2, "texts")).isNotEqualTo(parts);
  }

  @Test
  void draw_wholeUnits() {
    List<String> units = List.of("a", "b", "a", "b", "c", "c");
    Parts parts =
        Parts.draw(new GroupedSequences(Collections.nCopies(6, ANY), units), 3, 0, "texts");

    // Two units are four sequences, the first number that is at least three.
    assertThat(parts.shared()).hasSize(4);
    assertThat(parts.heldOut().stream().map(units::get).distinct()).hasSize(1);
  }

  @Test
  void draw_bothSidesHaveSome() {
    GroupedSequences two = GroupedSequences.byName(List.of(ANY, ANY));

    assertThat(Parts.draw(two, 0, 0, "texts").shared()).hasSize(1);
    assertThat(Parts.draw(two, 2, 0, "texts").heldOut()).hasSize(1);
    assertThatThrownBy(
            () ->
                Parts.draw(
                    new GroupedSequences(List.of(ANY, ANY), List.of("a", "a")), 1, 0, "texts"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "texts must be at least two that are independent, one to train on and one to measure,"
                + " but were: 1");
  }

  @Test
  void allHeldOut_all() {
    Parts parts = Parts.allHeldOut(GroupedSequences.byName(Collections.nCopies(3, ANY)));

    assertThat(parts.shared()).isEmpty();
    assertThat(parts.heldOut()).isEqualTo(IntStream.range(0, 3).boxed().toList());
  }
}
