package dev.unlearn.packaging;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/** What the build has put into the repository of this module under one artifact id. */
record Published(String artifactId) {
  static final String VERSION = System.getProperty("version");

  /** Returns the jar without a classifier, or that of one: {@code "-sources"}. */
  Path jar(String classifier) {
    return folder().resolve(artifactId + "-" + VERSION + classifier + ".jar");
  }

  private Path folder() {
    return Path.of(System.getProperty("published"), "dev", "unlearn", artifactId, VERSION);
  }

  private Path pomFile() {
    return folder().resolve(artifactId + "-" + VERSION + ".pom");
  }

  String pomText() throws IOException {
    return Files.readString(pomFile());
  }

  Element pom() throws IOException, ParserConfigurationException, SAXException {
    try (InputStream in = Files.newInputStream(pomFile())) {
      Document document = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(in);
      return document.getDocumentElement();
    }
  }

  /**
   * Returns the dependencies as {@code artifact:type:scope}, what is left out as Maven fills it.
   */
  static List<String> dependencies(Element element) {
    return elements(element, "dependency").stream()
        .map(
            dependency ->
                "%s:%s:%s"
                    .formatted(
                        text(dependency, "artifactId", ""),
                        text(dependency, "type", "jar"),
                        text(dependency, "scope", "compile")))
        .toList();
  }

  static List<Element> elements(Element parent, String name) {
    NodeList nodes = parent.getElementsByTagName(name);
    return IntStream.range(0, nodes.getLength()).mapToObj(i -> (Element) nodes.item(i)).toList();
  }

  /** Returns the text of a child, not of what is further down. */
  static String text(Element parent, String name, String otherwise) {
    return elements(parent, name).stream()
        .filter(element -> element.getParentNode() == parent)
        .map(Element::getTextContent)
        .findFirst()
        .orElse(otherwise);
  }

  @Override
  public String toString() {
    return artifactId;
  }
}
