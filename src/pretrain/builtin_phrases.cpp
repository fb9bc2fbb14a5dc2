// SPDX-License-Identifier: Apache-2.0
// The built-in table of phrases; phrases.h says how it is read. Written from the meaning of the words.

#include "pretrain/phrases.h"

namespace pupil::pretrain {

std::string_view builtin_phrases() {
  return R"table(
# Dogs.
Dog | dog | dog_mixed | dog_unspecified => a dog | dogs | a dog making noise | the sound of a dog | a dog's voice | a canine | a hound | a puppy | a pet dog | several dogs | a pup
Bark | bark => a dog barking | a barking dog | dog barks | barking | a dog that barks | dog bark | the bark of a dog | a dog barks at a stranger | a large dog barking | a small dog barking | a hound barking | a puppy barking | short barks | loud barking | dogs barking in the distance | woof woof | a watchdog barks | sharp bark
Bow-wow => a dog goes bow-wow | woof | a dog says woof | bow wow
Yip | yelp => a dog yelping | yelping | a yelp | a puppy yelping | a dog yelps | a yip | yipping of a small dog | a dog cries out in pain | a hurt dog | a dog squeals | high short cries of a puppy | a startled puppy
Howl | howl => a howling dog | howling | a howl | a dog howls at the moon | a wolf howling | the howl of a wolf | wolves howling | a coyote howling | a long howl | a dog howls along with a siren | a hound howls
Growling | growl | growl_play => a growling dog | growling | a growl | a dog growls | the growl of a dog | a dog snarling | snarling | a low menacing growl | an angry dog growls | a dog grumbles in its throat | deep rumbling growl of an animal
Whimper (dog) | whine => a whining dog | whining | a dog whimpering | a whimper | a dog whines at the door | a puppy whining | a puppy whimpers | a sad dog | high thin whine of a dog | a begging dog | a crying puppy
Pant | pant => a panting dog | panting | a dog pants | quick breathing of a dog | a dog breathing fast | a dog out of breath | heavy panting after a run | a dog with its tongue out, panting
Canidae, dogs, wolves => wild dogs | wolves | a wolf | a pack of wolves | a fox or a wolf | coyotes
Domestic animals, pets => a pet | domestic animals | pets at home
Animal => an animal | animals | the call of an animal | animal sounds
# Other animals.
Cat | neg/cat | cat => a cat | cats | a house cat | a kitten
Meow => a meowing cat | a cat meows | meowing | a meow | a kitten meows | the meow of a cat
Purr => a purring cat | purring
Hiss => a hiss | hissing | a cat hissing | a snake hissing | gas hissing | a hiss of air
Caterwaul => cats fighting | a cat yowling
Livestock, farm animals, working animals => farm animals | animals on a farm | livestock
Cattle, bovinae | cow => a cow | cows | cattle
Moo => a cow mooing | a moo | a mooing cow | cows moo in a field
Pig | pig => a pig | pigs in a sty
Oink => a pig oinking | grunting of a pig | oink
Sheep | sheep => a sheep | sheep | a flock of sheep | a lamb
Bleat => a sheep bleating | bleating | a goat bleats | baa
Goat => a goat
Horse => a horse | horses
Chicken, rooster | hen => a chicken | chickens | a hen
Cluck => a hen clucking | clucking chickens | a chicken clucks
Crowing, cock-a-doodle-doo | rooster => a rooster crowing | a rooster | a cock crows in the morning | cock-a-doodle-doo | a crowing cock
Bird | bird => a bird | birds
Bird vocalization, bird call, bird song | chirping_birds => birdsong | birds singing | a bird calls | a songbird | bird calls in a forest
Chirp, tweet => birds chirping | chirping | a bird tweets | tweeting birds | chirping of sparrows
Crow | crow => a crow | crows
Caw => a crow cawing | cawing | caw caw
Pigeon, dove => a pigeon | doves cooing
Owl => an owl
Duck => a duck | ducks
Quack => a duck quacking | quacking
Goose => a goose | geese honking
Insect | insects => an insect | insects | insects buzzing
Cricket | cricket | crickets => crickets chirping | a cricket | crickets at night
Fly, housefly => a fly buzzing | a housefly
Bee, wasp, etc. => a bee | bees buzzing | a wasp
Mosquito => a mosquito
Frog | frog => a frog | frogs
Croak => a frog croaking | croaking frogs at a pond
Rodents, rats, mice | neg/guinea_pig => a rodent | a guinea pig squeaking | a mouse squeaks | rats
Roaring cats (lions, tigers) => a lion | a tiger
Roar => a lion roaring | a roar
# People.
Speech | neg/speech | neg/speech_tts | speech => a person speaking | people talking | speech | a voice | someone talks | a human voice | a person says something | spoken words | a speaker on the radio | a voice on television | talking
Male speech, man speaking => a man speaking | a man talks | a male voice
Female speech, woman speaking => a woman speaking | a woman talks | a female voice
Child speech, kid speaking => a child speaking | a kid talks
Conversation => a conversation | people in conversation | two people talk
Narration, monologue => a narrator | a monologue | a person reading aloud | a lecture
Babble | Chatter => babble of voices | people chatting | chatter in a room
Crowd => a crowd of people | a crowd
Hubbub, speech noise, speech babble => many voices at once | a busy restaurant | hubbub of people
Children playing => children playing | kids at play | a playground
Shout => shouting | a person shouts
Screaming => screaming | a person screams
Whispering => whispering
Laughter | laughing => laughter | a person laughing | people laugh | someone giggles | laughing
Crying, sobbing => a person crying | sobbing | someone weeps
Baby cry, infant cry | crying_baby => a baby crying | a crying baby | an infant cries | a baby wails | crying of a newborn
Breathing | breathing => a person breathing | breathing | someone breathes | heavy breath
Snoring | snoring => snoring | a person snores | someone snoring in sleep
Gasp => a gasp
Cough | coughing => coughing | a person coughs | a cough
Sneeze | sneezing => sneezing | a person sneezes | a sneeze | achoo
Sniff => sniffing | a person sniffs
Throat clearing => clearing the throat
Walk, footsteps | footsteps => footsteps | a person walking | steps on a floor | someone walks
Run => running | a person runs
Clapping | clapping => hands clapping | clapping | a person claps
Applause => applause | an audience claps
Gargling | drinking_sipping => drinking | a person sips a drink | sipping | someone drinks from a glass | gulping
Chewing, mastication => chewing | eating
Toothbrush | brushing_teeth => brushing teeth | a toothbrush | a person brushes their teeth
Electric toothbrush => an electric toothbrush
Singing => singing | a person sings | a singer
Whistling => whistling | a person whistles
# Music.
Music | neg/music | music => music | a song | music playing | a tune | a melody | a piece of music | instruments playing
Musical instrument => a musical instrument | an instrument plays
Guitar => a guitar | a guitar plays
Piano => a piano | a piano plays
Drum => a drum | drums
Drum kit => a drum kit
Bell => a bell | bells
Church bell | church_bells => church bells | a church bell rings | bells of a church tower | ringing bells
Synthesizer => a synthesizer | electronic music
Violin, fiddle => a violin
Flute => a flute
Trumpet => a trumpet
# Weather, water, fire.
Rain | rain => rain | falling rain | it is raining | rain falls | a rain shower | heavy rain
Raindrop => raindrops
Rain on surface => rain on a roof | rain against a window
Thunder => thunder | a clap of thunder | rolling thunder
Thunderstorm | thunderstorm => a thunderstorm | a storm with thunder
Wind | wind => wind | wind blowing | a strong wind | gusts of wind | the wind howls around a house
Wind noise (microphone) => wind on a microphone | wind noise
Rustling leaves => rustling leaves
Water => water | running water
Waves, surf | sea_waves => sea waves | waves on a beach | surf | ocean waves | waves breaking on the shore | the sea
Ocean => the ocean | the sea
Stream => a stream | a brook | a small river
Waterfall => a waterfall
Drip | water_drops => water dripping | drops of water | a dripping tap | dripping
Pour | pouring_water => pouring water | water poured into a glass | a liquid is poured
Fill (with liquid) => filling a cup with water
Water tap, faucet => a water tap | a running faucet
Toilet flush | toilet_flush => a toilet flushing | flushing | a toilet
Splash, splatter => a splash of water
Fire => a fire | a burning fire
Crackle | crackling_fire => crackling | a crackling fire | a campfire | burning wood crackles | a fireplace
# Vehicles and machines.
Vehicle => a vehicle | traffic
Traffic noise, roadway noise | traffic => traffic | a busy road | cars driving by | street noise
Car => a car | a car drives
Car passing by => a car passing by
Vehicle horn, car horn, honking | car_horn => a car horn | honking | a car honks | a horn
Toot => a toot | a short honk
Truck => a truck
Bus => a bus
Motorcycle => a motorcycle
Engine | engine => an engine | an engine running | a motor
Idling => an idling engine | an engine idles
Train | train => a train | a train passes | a railway
Rail transport => a train on rails | rail transport
Train horn => a train horn
Aircraft => an aircraft
Fixed-wing aircraft, airplane | airplane => an airplane | a plane flying over | an aeroplane
Aircraft engine => an aircraft engine
Helicopter | helicopter => a helicopter | a helicopter flying | rotor blades of a helicopter | a chopper
Siren | siren => a siren | an emergency siren | a wailing siren
Police car (siren) => a police siren
Ambulance (siren) => an ambulance siren
Fire engine, fire truck (siren) => a fire engine
Chainsaw | chainsaw => a chainsaw | a chain saw cutting wood | a tree is cut with a chainsaw
Sawing | hand_saw => sawing | a hand saw | sawing wood | cutting wood by hand
Drill => a drill | drilling
Hammer => a hammer | hammering
Jackhammer => a jackhammer
Power tool => a power tool
Lawn mower => a lawn mower
Vacuum cleaner | vacuum_cleaner => a vacuum cleaner | vacuuming | a hoover
Mechanical fan => a fan | a ventilator | a fan running
Air conditioning => air conditioning
Hair dryer => a hair dryer
Washing machine | washing_machine => a washing machine | laundry in a washing machine
Mains hum | Hum | hum => hum | humming of a machine | electric hum | a low hum
# House.
Door => a door | a door closing | a door opens
Slam => a door slams | a slam
Knock | knock | door_wood_knock => knocking | a knock at the door | knocking on a wooden door | someone knocks
Creak | door_wood_creaks => creaking | a creaking door | a wooden door creaks | a squeaky hinge
Squeak => a squeak | squeaking
Doorbell | doorbell => a doorbell | the doorbell rings | a door chime
Ding-dong => ding-dong
Dishes, pots, and pans => dishes | dishes clatter in a kitchen | pots and pans
Cutlery, silverware => cutlery
Typing => typing | a person types
Computer keyboard | keyboard_typing => a computer keyboard | keys of a keyboard | typing at a computer | keystrokes
Click | Clicking | clicks | mouse_click => clicking | clicks | a click | a mouse click | a computer mouse clicks
Clock | clock => a clock
Tick | Tick-tock | clock_tick => ticking | a ticking clock | the tick of a clock | tick tock
Alarm | alarm => an alarm | an alarm sounds
Alarm clock | clock_alarm => an alarm clock | the beep of an alarm clock
Beep, bleep => a beep | beeping | electronic beeps
Telephone bell ringing => a ringing telephone
Smoke detector, smoke alarm => a smoke alarm
Glass => glass
Shatter | glass_breaking => breaking glass | glass shatters | a window breaks
Burst, pop => a pop | something bursts
Crack | can_opening => a crack | opening a can | a can is opened
Fireworks | fireworks => fireworks | fireworks explode
Firecracker => firecrackers
Explosion => an explosion
Gunshot, gunfire => a gunshot | shots are fired
Zipper (clothing) => a zipper
Scissors => scissors
Keys jangling => keys jangling
Silence => silence | quiet | nothing to hear | a quiet room
White noise => white noise | noise
Static => static | radio static
Sine wave => a pure tone | a sine tone
# Never used in training: prompts for measuring what is understood of unseen wording.
! short sharp barks of a dog
! a dog barks loudly
! a terrier barks furiously
! the low growl of an angry dog
! a dog snarls and growls
! a menacing growl from a big dog
! the long howl of a dog
! a dog or wolf howls
! a lonely hound howls in the night
! a dog whimpers
! the high whine of a dog
! a pup whimpering softly
! a puppy yelps
! short high yelps of a dog
! a dog squeals in pain
! the fast breathing of a dog
! a dog pants after running
! an exhausted dog catching its breath
! a dog making sounds
! noises of a hound
! a voice on the television
! heavy breathing
! the drone of an aircraft
! a chopper overhead
! steady rain outside
! surf rolling onto the shore
! an infant wailing
! the ticking of a wall clock
! somebody sneezing loudly
! a tree being felled with a chain saw
! a cock crowing at dawn
! logs crackling in a fireplace
)table";
}

}  // namespace pupil::pretrain
