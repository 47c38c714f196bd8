package dev.unlearn.training;

import static com.google.common.base.Preconditions.checkArgument;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.common.hash.Hashing;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.Torch;
import dev.unlearn.journal.Fingerprints;
import dev.unlearn.journal.JournalHeader;
import dev.unlearn.model.DjlCausalLm;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What makes two runs the same: recipe, model, data, and what computes. Data are known by keyed
 * fingerprints. Without the caller's key they are keyed by the model itself: who has that can ask
 * it.
 */
final class RunIdentity {
  private static final Pattern UNKNOWN =
      Pattern.compile(
          "\\bcustom (stopping criterion|strategy|objective|optimizer|guard|retain term|schedule)\\b");

  private final byte[] key;
  private final Map<String, String> settings;
  private final Map<String, String> versions = new LinkedHashMap<>(Versions.all());
  private final Map<String, String> fingerprints = new LinkedHashMap<>();

  /**
   * Describes a run.
   *
   * @param retain text to keep, encoded
   * @param unseen unseen text, encoded
   * @param modelFingerprint tells apart what computes differently, weights that are not trained
   *     included; in no report, so that it can be a key
   * @throws IllegalArgumentException if a part of the recipe does not say what it is
   */
  RunIdentity(
      Recipe recipe,
      TrainableCausalLm model,
      ForgetSet set,
      List<TokenSequence> retain,
      List<TokenSequence> unseen,
      RunSetup setup,
      String digest,
      String modelFingerprint) {
    String weights = digest + modelFingerprint;
    key = setup.digestKey().map(SecretKey::bytes).orElseGet(() -> weights.getBytes(UTF_8));
    settings = new LinkedHashMap<>(recipe.settings(recipe.stopWhen()));
    settings.put("precision", DjlCausalLm.precisionOf(model).toString());
    settings.forEach(RunIdentity::checkKnown);
    versions.put("device", model.info().device());
    setup.originalModel().ifPresent(m -> versions.put("original model", m.info().device()));
    versions.put("threads", Integer.toString(Torch.threads()));
    Fingerprints data = Fingerprints.under(key);
    fingerprints.put("model", Hashing.hmacSha256(key).hashString(weights, UTF_8).toString());
    fingerprints.put("forget set", data.of("forget", set));
    put("text to retain", retain, data);
    put("unseen text", unseen, data);
    int number = 1;
    for (Corpus corpus : measured(recipe)) {
      put("measured text " + number++, model.tokenizer().sequences(corpus), data);
    }
  }

  private static List<Corpus> measured(Recipe recipe) {
    List<Corpus> corpora = new ArrayList<>();
    if (recipe.guard() != null) {
      corpora.addAll(recipe.guard().corpora());
    }
    if (recipe.stopWhen() != null) {
      corpora.addAll(recipe.stopWhen().corpora());
    }
    return corpora;
  }

  private void put(String name, List<TokenSequence> sequences, Fingerprints data) {
    if (!sequences.isEmpty()) {
      fingerprints.put(name, data.of(name, Corpus.of(sequences)));
    }
  }

  private static void checkKnown(String name, String setting) {
    checkArgument(
        !UNKNOWN.matcher(setting).find(),
        "a run with a work directory must know its parts again, but %s is: %s; let description()"
            + " say what it is",
        name,
        setting);
  }

  byte[] key() {
    return key.clone();
  }

  JournalHeader header(Map<String, Long> numbers) {
    return new JournalHeader(settings, versions, fingerprints, numbers);
  }
}
