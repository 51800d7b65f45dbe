"""Ordinary sentences in five languages, written for this simulator. None of them holds anything sensitive."""

from __future__ import annotations

__all__ = ["ANSWERS", "ENGLISH_FILLERS", "FILLERS", "QUESTIONS", "TOPICS"]

TOPICS = (
    "Launch checklist", "Open tickets this week", "Gripper calibration", "Trade fair stand", "Release notes",
    "Route planning",
    "Warehouse layout", "Interview questions", "Quarter review", "Spare parts", "Translation check", "Team offsite",
    "Newsletter draft", "Sensor drift", "Budget outline", "Support macros", "Test protocol", "Slide structure",
)  # fmt: skip
QUESTIONS: dict[str, tuple[str, ...]] = {
    "en": (
        "Please rewrite the following so that it is easier to read.",
        "Can you turn this into a table?",
        "What would you answer here?",
        "Summarise the main points in five lines.",
        "Find what is missing in this draft.",
        "Compare these two options and say which one you prefer.",
        "Give me three headlines for this.",
    ),
    "de": (
        "Bitte formuliere das freundlicher.",
        "Kannst du daraus eine kurze Tabelle machen?",
        "Was fehlt in diesem Entwurf?",
        "Fasse die wichtigsten Punkte in fünf Zeilen zusammen.",
    ),
    "fr": (
        "Peux-tu résumer ce texte en quelques lignes ?",
        "Rends ce paragraphe plus clair, s'il te plaît.",
        "Que manque-t-il dans ce brouillon ?",
    ),
    "es": (
        "¿Puedes resumir este texto en pocas líneas?",
        "Haz que este párrafo sea más claro, por favor.",
        "¿Qué falta en este borrador?",
    ),
    "pt": (
        "Podes resumir este texto em poucas linhas?",
        "Torna este parágrafo mais claro, por favor.",
        "O que falta neste rascunho?",
    ),
}
ANSWERS: dict[str, tuple[str, ...]] = {
    "en": (
        "Here is a shorter version.",
        "I grouped the points by topic.",
        "Two things stand out.",
        "I would change the order.",
    ),
    "de": ("Hier ist eine kürzere Fassung.", "Ich habe die Punkte nach Themen geordnet.", "Zwei Dinge fallen auf."),
    "fr": ("Voici une version plus courte.", "J'ai regroupé les points par thème."),
    "es": ("Aquí tienes una versión más corta.", "He agrupado los puntos por tema."),
    "pt": ("Aqui está uma versão mais curta.", "Agrupei os pontos por tema."),
}
ENGLISH_FILLERS = (
    "The arm stops two centimetres before the tray whenever the light changes.",
    "The stand needs a table, two screens and a quiet corner for talks.",
    "Delivery slips by a week because the bearings arrive late.",
    "The new planner is faster on long routes and slower in narrow aisles.",
    "Most visitors ask how long the battery lasts.",
    "The workshop starts after lunch and ends with a round of feedback.",
    "We repeat the test with a warm motor and note the difference.",
    "The second paragraph says the same as the first one.",
    "Customers like the short videos more than the long manual.",
    "The old shelf blocks the view of the left camera.",
    "Three of the five suggestions need no new parts.",
    "The forecast is cautious because spring was unusual.",
    "The team wants fewer meetings and clearer notes.",
    "A short list of known limits helps the support desk.",
    "The gripper holds soft things well and smooth things badly.",
    "The map is correct, but its legend is out of date.",
)
FILLERS: dict[str, tuple[str, ...]] = {
    "en": ENGLISH_FILLERS,
    "de": (
        "Der Greifer hält zwei Zentimeter vor der Ablage an.",
        "Die Lieferung verschiebt sich um eine Woche, weil die Lager fehlen.",
        "Die meisten Besucher fragen nach der Laufzeit des Akkus.",
        "Der Workshop beginnt nach dem Mittagessen.",
        "Die Karte stimmt, aber die Legende ist veraltet.",
        "Drei der fünf Vorschläge brauchen keine neuen Teile.",
    ),
    "fr": (
        "Le bras s'arrête deux centimètres avant le plateau.",
        "La livraison prend une semaine de retard.",
        "L'atelier commence après le déjeuner.",
        "La carte est juste, mais sa légende date un peu.",
        "Les visiteurs posent surtout des questions sur la batterie.",
    ),
    "es": (
        "El brazo se detiene dos centímetros antes de la bandeja.",
        "La entrega se retrasa una semana.",
        "El taller empieza después de comer.",
        "El mapa es correcto, pero la leyenda es antigua.",
        "A los visitantes les interesa la batería.",
    ),
    "pt": (
        "O braço para dois centímetros antes do tabuleiro.",
        "A entrega atrasa uma semana.",
        "A oficina começa depois do almoço.",
        "O mapa está certo, mas a legenda é antiga.",
        "Os visitantes perguntam sobretudo pela bateria.",
    ),
}
