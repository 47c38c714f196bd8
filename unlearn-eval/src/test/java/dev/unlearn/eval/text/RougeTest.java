package dev.unlearn.eval.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class RougeTest {
  private static final Offset<Double> ROUNDING = within(1e-15);

  static Stream<JsonObject> cases() throws IOException {
    try (Reader reader =
        new InputStreamReader(
            RougeTest.class.getResourceAsStream("rouge.json"), StandardCharsets.UTF_8)) {
      return StreamSupport.stream(
              JsonParser.parseReader(reader)
                  .getAsJsonObject()
                  .getAsJsonArray("cases")
                  .spliterator(),
              false)
          .map(JsonElement::getAsJsonObject);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void score_golden(JsonObject golden) {
    RougeScore score =
        rouge(golden.get("type").getAsString(), golden.get("stemmer").getAsBoolean())
            .score(golden.get("reference").getAsString(), golden.get("text").getAsString());
    assertThat(score.precision()).isCloseTo(golden.get("precision").getAsDouble(), ROUNDING);
    assertThat(score.recall()).isCloseTo(golden.get("recall").getAsDouble(), ROUNDING);
    assertThat(score.f1()).isCloseTo(golden.get("f1").getAsDouble(), ROUNDING);
  }

  private static Rouge rouge(String type, boolean stemming) {
    Rouge rouge = type.equals("rougeL") ? Rouge.longest() : Rouge.ofOrder(type.charAt(5) - '0');
    return stemming ? rouge.withStemmer() : rouge;
  }

  @Test
  void score_handNumbers() {
    // Bigrams of the text: the dog, dog the, the cat; of the reference: the cat, cat the, the dog.
    RougeScore score = Rouge.ofOrder(2).score("the cat, the dog", "The dog! The cat.");
    assertThat(score).isEqualTo(new RougeScore(2.0 / 3, 2.0 / 3));
    // Longest in common: the ... the, or the dog, or the cat.
    assertThat(Rouge.longest().score("the cat, the dog", "The dog! The cat."))
        .isEqualTo(new RougeScore(0.5, 0.5));
  }

  @Test
  void score_repeatedWordsAreClipped() {
    assertThat(Rouge.ofOrder(1).score("a b", "a a a a")).isEqualTo(new RougeScore(0.25, 0.5));
  }

  @Test
  void score_otherScript() {
    assertThat(Rouge.longest().score("совпадает", "совпадает").f1()).isZero();
  }

  @Test
  void score_turkishLocale() {
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.forLanguageTag("tr"));
      assertThat(Rouge.longest().score("TITLE", "title").f1()).isEqualTo(1);
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void ofOrder_zero() {
    assertThatThrownBy(() -> Rouge.ofOrder(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("order must be >= 1, but was: 0");
  }

  @Test
  void toString_says() {
    assertThat(Rouge.longest()).hasToString("rougeL");
    assertThat(Rouge.ofOrder(2).withStemmer()).hasToString("rouge2_stem");
  }
}
