package dev.unlearn;

import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.unlearn.adapter.Adapters;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.eval.UnseenText;
import dev.unlearn.model.LoadOptions;
import dev.unlearn.model.Signature;
import dev.unlearn.rollback.Rollback;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What takes models and files says which argument is null, before it looks at the others. */
final class NullArgumentsTest {
  private static final Path NOWHERE = Path.of("nowhere");
  private static final TokenSequence SEQUENCE = TokenSequence.of(1, 2, 3);
  private static final ForgetSet SET = ForgetSet.of(SEQUENCE);

  @Test
  void models() {
    named("folder", () -> CausalLms.load(null));
    named("folder", () -> CausalLms.load(null, LoadOptions.defaults()));
    named("options", () -> CausalLms.load(NOWHERE, null));
    named("tokenizer", () -> CausalLms.loadTorchScript(NOWHERE, null));
    named("tokenizer", () -> CausalLms.loadTorchScript(NOWHERE, null, Signature.ids(8)));
    named("configJson", () -> CausalLms.create(null, "{}", 1));
    named("tokenizerJson", () -> CausalLms.create("{}", null, 1));
    named("model", () -> CausalLms.wrap(null, null, null));
    named("model", () -> CausalLms.predictor(null));
    named("model", () -> CausalLms.digest(null));
    named("model", () -> CausalLms.checkSavable(null, NOWHERE));
    named("model", () -> CausalLms.save(null, NOWHERE));
  }

  @Test
  void adapters() {
    named("model", () -> Adapters.load(null, NOWHERE));
    named("model", () -> Adapters.trainOnly(null, ".*"));
    named("model", () -> Adapters.lora().attach(null));
    named("model", () -> TaskVectors.negate(null, SET));
  }

  @Test
  void texts() {
    named("unseen", () -> UnseenText.cutLike(null, SET));
    named("set", () -> UnseenText.cutLike(List.of(SEQUENCE), null));
    named("model", () -> ForgettingThresholds.measure(null, Corpus.of(List.of(SEQUENCE)), 2));
  }

  @Test
  void rollback() {
    byte[] key = new byte[Rollback.KEY_BYTES];
    named("file", () -> RunOptions.builder().keepRollback(null, key, Duration.ofDays(1)));
    named("key", () -> RunOptions.builder().keepRollback(NOWHERE, null, Duration.ofDays(1)));
    named("copy", () -> RunOptions.builder().originalModel(null));
    named("keepFor", () -> RunOptions.builder().keepRollback(NOWHERE, key, null));
    named("file", () -> Rollback.write(null, key, Instant.MAX, Map.of(), Map.of()));
    named("key", () -> Rollback.write(NOWHERE, null, Instant.MAX, Map.of(), Map.of()));
    named("expires", () -> Rollback.write(NOWHERE, key, null, Map.of(), Map.of()));
    named("original", () -> Rollback.write(NOWHERE, key, Instant.MAX, null, Map.of()));
    named("now", () -> Rollback.write(NOWHERE, key, Instant.MAX, Map.of(), null));
    named("model", () -> Rollback.apply(null, NOWHERE, key));
    named("file", () -> Rollback.expires(null));
    named("folder", () -> Rollback.deleteExpired(null));
  }

  private static void named(String argument, ThrowingCallable call) {
    assertThatNullPointerException().isThrownBy(call).withMessage(argument);
  }
}
