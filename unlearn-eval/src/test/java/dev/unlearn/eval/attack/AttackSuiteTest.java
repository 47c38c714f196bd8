package dev.unlearn.eval.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.audit.AttackResult;
import dev.unlearn.eval.audit.Recovery;
import dev.unlearn.spi.contract.FakeCausalLm;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

final class AttackSuiteTest {
  private static final AttackContext CONTEXT =
      AttackContext.of(
          FakeCausalLm.ofTable(0, 1),
          ForgetSet.of(Collections.nCopies(100, TokenSequence.of(0, 1))),
          Collections.nCopies(100, TokenSequence.of(1, 0)));

  /** Gives what was forgotten, which begins with 0, another value than the unseen. */
  private static Attack attack(String key, double forgotten) {
    return Attack.of(
        key,
        key,
        "",
        "share",
        List.of(new Strength("", 1)),
        (model, texts) ->
            List.of(
                texts.sequences().stream().map(it -> it.id(0) == 0 ? forgotten : 0.0).toList()));
  }

  @Test
  void run_inOrder() {
    List<AttackResult> results =
        AttackSuite.of(List.of(attack("b", 1), attack("a", 0))).run(CONTEXT);

    assertThat(results).extracting(AttackResult::attack).containsExactly("b", "a");
    assertThat(results)
        .extracting(AttackResult::recovery)
        .containsExactly(Recovery.COMES_BACK, Recovery.NOT_SEEN);
  }

  @Test
  void verdict_worstDecides() {
    AttackResult back = attack("a", 1).run(CONTEXT);
    AttackResult none = attack("b", 0).run(CONTEXT);
    AttackResult open = attack("c", 0.1).run(CONTEXT); // of 100 equal values: 0.1 + 0.13

    assertThat(open.recovery()).isEqualTo(Recovery.UNDECIDED);
    assertThat(AttackSuite.verdict(List.of(none, none))).isEqualTo(Recovery.NOT_SEEN);
    assertThat(AttackSuite.verdict(List.of(none, open))).isEqualTo(Recovery.UNDECIDED);
    assertThat(AttackSuite.verdict(List.of(none, open, back))).isEqualTo(Recovery.COMES_BACK);
    assertThatThrownBy(() -> AttackSuite.verdict(List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a verdict needs at least one result, but there was none");
  }

  @Test
  void of_sameKeyTwice() {
    assertThatThrownBy(() -> AttackSuite.of(List.of(attack("a", 1), attack("a", 0))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("attacks of a suite must have different keys, but two had: a");
    assertThatThrownBy(() -> AttackSuite.of(List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a suite must have at least one attack, but had none");
  }
}
