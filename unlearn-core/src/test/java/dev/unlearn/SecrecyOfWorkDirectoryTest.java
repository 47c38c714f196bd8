package dev.unlearn;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import ai.djl.ndarray.NDArray;
import com.google.common.hash.HashCode;
import com.google.common.hash.HashFunction;
import com.google.common.hash.Hashing;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.Decision;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetFailedException;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.GiveUp;
import dev.unlearn.api.Outcome;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.eval.TokenLoss;
import dev.unlearn.guard.UtilityGuards;
import dev.unlearn.journal.Fingerprints;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.StoppingCriterion;
import dev.unlearn.spi.UnlearningListener;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import dev.unlearn.strategy.Strategies;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A work directory holds nothing of what is to be forgotten, however a run ends. */
@Tag("engine")
final class SecrecyOfWorkDirectoryTest {
  private static final int EPOCHS = 3;

  @RegisterExtension final Overheard overheard = new Overheard();
  @TempDir Path folder;

  /** What was found in the folder after each epoch. */
  private final List<Optional<Throwable>> searches = new ArrayList<>();

  private final List<String> texts = Secret.texts(1, 4, 12);
  private final Corpus retain = Corpus.ofTexts(Secret.texts(2, 3, 12));
  private TrainableCausalLm model;
  private ForgetSet set;

  @BeforeEach
  void openModel() {
    model = Secret.model();
    List<TokenSequence> sequences = model.tokenizer().sequences(texts);
    List<TokenSequence> named = new ArrayList<>();
    for (int i = 0; i < sequences.size(); i++) {
      String word = Secret.WORDS.get(i % 2);
      named.add(sequences.get(i).withName("about " + word + i).withDomain(word));
    }
    set = ForgetSet.of(named);
  }

  @AfterEach
  void closeModel() {
    model.close();
  }

  private UnlearnerBuilder recipe() {
    return recipe(
        StoppingCriteria.belowBaseline(TokenLoss.of(), Corpus.of(set.sequences()), 1e-9)
            .or(StoppingCriteria.below(MemorizationAccuracy.of(), -1))
            .or(StoppingCriteria.maxEpochs(EPOCHS)));
  }

  private UnlearnerBuilder recipe(StoppingCriterion criterion) {
    return Unlearner.builder()
        .objective(Objectives.gradientDifference(0.5))
        .retain(retain)
        .optimizer(Optimizers.adam(1e-3))
        .strategy(Strategies.byDomain())
        .onGiveUp(GiveUp.KEEP_BEST)
        .unseen(retain)
        .randomContext(2, 1)
        .guard(UtilityGuards.perplexity(retain).maxIncrease(1e3))
        .stopWhen(criterion);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void run_cancelledAndResumed(boolean keyed) throws IOException {
    ForgetReport cancelled =
        forget(recipe(), options(keyed).cancelWhen(() -> searches.size() == 2));

    assertThat(cancelled.outcome()).isEqualTo(Outcome.CANCELLED);
    assertThat(journal()).contains("perplexity");
    Secret.searchFolder(folder);

    ForgetReport resumed = forget(recipe(), options(keyed));
    assertThat(resumed.resumedAfter()).isPresent();
    assertThat(searches).hasSizeGreaterThan(3).containsOnly(Optional.empty());
    assertThat(folder).isEmptyDirectory();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void run_failed(boolean keyed) throws IOException {
    UnlearnerBuilder failing =
        recipe(
            new Described(
                "failing",
                progress -> {
                  if (progress.epoch() == 2) {
                    throw new IllegalStateException("failed on " + progress + progress.lot());
                  }
                  return Decision.proceed();
                }));
    Throwable failure = catchThrowable(() -> forget(failing, options(keyed)));

    overheard.say(failure);
    assertThat(failure).isInstanceOf(ForgetFailedException.class);
    assertThat(journal().lines()).hasSize(3);
    assertThat(searches).containsExactly(Optional.empty(), Optional.empty());
    Secret.searchFolder(folder);
  }

  @Test
  void run_refused() {
    RunOptions.Builder options = options(true).cancelWhen(this::hasAnEpoch);
    assertThat(forget(recipe(), options).outcome()).isEqualTo(Outcome.CANCELLED);

    ForgetSet other = ForgetSet.of(set.sequences().subList(0, 2));
    overheard.say(
        catchThrowable(() -> recipe().build().forget(model, other, options(true).build())));
    overheard.say(catchThrowable(() -> forget(recipe(), options(false))));
    Secret.searchFolder(folder);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void journal_holdsNoDigestThatCouldBeGuessed(boolean keyed) throws IOException {
    ForgetReport report = forget(recipe(), options(keyed).cancelWhen(this::hasAnEpoch));
    assertThat(report.outcome()).isEqualTo(Outcome.CANCELLED);

    String journal = journal();
    List<String> guesses = new ArrayList<>();
    for (HashFunction plain : List.of(Hashing.sha256(), Hashing.hmacSha256(new byte[1]))) {
      StringBuilder all = new StringBuilder();
      for (int i = 0; i < texts.size(); i++) {
        guesses.add(plain.hashString(texts.get(i), UTF_8).toString());
        TokenSequence sequence = set.sequences().get(i);
        for (ByteOrder order : List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
          ByteBuffer ids = ByteBuffer.allocate(4 * sequence.length()).order(order);
          for (int position = 0; position < sequence.length(); position++) {
            ids.putInt(sequence.id(position));
          }
          guesses.add(plain.hashBytes(ids.array()).toString());
        }
        all.append(texts.get(i)).append('\n');
      }
      guesses.add(plain.hashString(all, UTF_8).toString());
    }
    // HMAC fills keys up with zeros: this one is the empty one.
    Fingerprints noKey = Fingerprints.under(new byte[1]);
    guesses.add(noKey.of("forget", set));
    guesses.add(noKey.of("retain", retain));
    guesses.add(noKey.of("unseen", retain));
    guesses.add(noKey.of("measured", retain));
    for (String guess : guesses) {
      assertThat(journal).doesNotContain(guess);
      assertThat(journal)
          .doesNotContain(new String(HashCode.fromString(guess).asBytes(), ISO_8859_1));
    }
    // With the key they are found, so the search is for what is there.
    if (keyed) {
      assertThat(journal).contains(Fingerprints.under(key()).of("forget", set));
    }
    assertThat(journal).doesNotContain(report.digests().get("model.before"));
  }

  @Test
  void fingerprints_ofOneSetInTwoModels() throws IOException {
    JsonObject one = fingerprints();
    Files.delete(folder.resolve("journal"));
    NDArray unused = model.parameters().values().iterator().next().addi(1e-3);
    JsonObject other = fingerprints();

    assertThat(one.keySet())
        .isEqualTo(other.keySet())
        .contains("model", "forget set", "unseen text", "text to retain");
    for (String name : one.keySet()) {
      assertThat(one.get(name)).as(name).isNotEqualTo(other.get(name));
    }
  }

  /** Returns those of a run without a key. */
  private JsonObject fingerprints() throws IOException {
    ForgetReport report = forget(recipe(), options(false).cancelWhen(this::hasAnEpoch));
    assertThat(report.outcome()).isEqualTo(Outcome.CANCELLED);
    String header = journal().lines().findFirst().orElseThrow();
    return JsonParser.parseString(header.substring(header.indexOf('{')))
        .getAsJsonObject()
        .getAsJsonObject("fingerprints");
  }

  private String journal() throws IOException {
    return Files.readString(folder.resolve("journal"));
  }

  private boolean hasAnEpoch() {
    try {
      return Files.exists(folder.resolve("journal")) && journal().lines().count() > 1;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private RunOptions.Builder options(boolean keyed) {
    RunOptions.Builder options = RunOptions.builder().workDirectory(folder).listener(searching());
    return keyed ? options.digestKey(key()) : options;
  }

  private static byte[] key() {
    byte[] key = new byte[16];
    new Random(7).nextBytes(key);
    return key;
  }

  private ForgetReport forget(UnlearnerBuilder recipe, RunOptions.Builder options) {
    return recipe.build().forget(model, set, options.build());
  }

  /** What fails in a listener does not fail the run. */
  private UnlearningListener searching() {
    return new UnlearningListener() {
      @Override
      public void epochEnded(EpochReport report) {
        searches.add(Optional.ofNullable(catchThrowable(() -> Secret.searchFolder(folder))));
      }
    };
  }
}
